"""The lock by which one process serves a file; the kernel lets go of it when the process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from domain.errors import StoreRefusedError


class ServingLock:
    """A lock on a file beside the store's."""

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            StoreRefusedError: Another process has it.
        """
        self._file = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreRefusedError(
                f"Another process (pid {holder}) serves this store already. Stop it first, give this one another store,"
                " or use PostgreSQL or Redis, which many processes can serve."
            ) from None
        except OSError:
            os.close(self._file)
            raise
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def close(self) -> None:
        """Let go of it. The file stays: who removes it could remove another's lock."""
        os.close(self._file)
