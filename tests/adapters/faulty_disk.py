"""A disk below SQLite that fails when told to: the default VFS of apsw with faults in its writes and syncs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw


class FaultyDisk(apsw.VFS):
    """Set `fault` to what every write or sync is to raise from now on; `syncs` counts those that went well."""

    def __init__(self) -> None:
        self.write_fault: apsw.Error | None = None
        self.sync_fault: apsw.Error | None = None
        self.syncs = 0
        super().__init__("faulty", base="unix", makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> FaultyFile:  # noqa: N802 -- apsw's name
        return FaultyFile(self, name, flags)


class FaultyFile(apsw.VFSFile):
    """One file of it."""

    def __init__(self, disk: FaultyDisk, name: Any, flags: Any) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._disk.write_fault is not None:
            raise self._disk.write_fault
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._disk.sync_fault is not None:
            raise self._disk.sync_fault
        super().xSync(flags)
        self._disk.syncs += 1


def failed_sync() -> apsw.IOError:
    """Make the error of an fsync that failed."""
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_FSYNC
    return error


@contextmanager
def faulty_disk() -> Iterator[FaultyDisk]:
    """Put it below everything that is opened meanwhile."""
    disk = FaultyDisk()
    try:
        yield disk
    finally:
        disk.unregister()
