"""What SQLite's errors mean to those who use the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from domain.errors import StoreError, StoreRefusedError, StoreUnavailableError

_FAILED_SYNCS = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})
_DAMAGED = "Stop Galley, keep the file for examination and restore the last backup."


def explain(error: apsw.Error) -> StoreError | None:
    """Return what to raise instead; None for what only a mistake of this program can cause."""
    match error:
        case apsw.IOError() if getattr(error, "extendedresult", 0) in _FAILED_SYNCS:
            # After a failed fsync the kernel may forget the pages and call the next one a success, so nothing that
            # this process writes can be trusted any more. https://wiki.postgresql.org/wiki/Fsync_Errors
            return StoreRefusedError("The disk failed to keep a write. Check the disk, then restart Galley.")
        case apsw.FullError():
            return StoreUnavailableError("The disk is full; it goes on by itself when there is space again.")
        case apsw.IOError():
            return StoreUnavailableError("The disk can't be read or written now; check it if this stays.")
        case apsw.BusyError() | apsw.LockedError() | apsw.ProtocolError():
            return StoreUnavailableError("Another process is writing to the store for too long; try again.")
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError() | apsw.AuthError():
            return StoreUnavailableError("The store's file can't be opened for writing; check its permissions.")
        case apsw.NoMemError():
            return StoreUnavailableError("There is not enough memory; try again.")
        case apsw.CorruptError() | apsw.NotADBError() | apsw.FormatError():
            return StoreError(f"The store's file is damaged. {_DAMAGED}")
    return None


@contextmanager
def explained() -> Iterator[None]:
    """Raise what SQLite's errors mean instead of them."""
    try:
        yield
    except apsw.Error as error:
        known = explain(error)
        if known is None:
            raise
        raise known from error


def damaged(what: str) -> StoreError:
    """Make the error of something that is there, but not as it was written."""
    return StoreError(f"{what} is not as it was written: the store's file is damaged. {_DAMAGED}")
