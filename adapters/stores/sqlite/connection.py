"""Connections to the one file, all with the same settings."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from domain.errors import StoreRefusedError

OLDEST_LIBRARY = (3, 51, 3)
BUSY_MILLISECONDS = 5000
CACHE_KIB = 16_000
WAL_KEPT_BYTES = 64 * 1024 * 1024


def check_library(version: str) -> None:
    """Refuse a SQLite that can lose what it was told to keep (https://sqlite.org/wal.html#walresetbug).

    Raises:
        StoreRefusedError: It is older than 3.51.3.
    """
    if tuple(int(part) for part in version.split(".")) < OLDEST_LIBRARY:
        needed = ".".join(map(str, OLDEST_LIBRARY))
        raise StoreRefusedError(f"SQLite {version} can damage its files; install apsw with SQLite {needed} or newer.")


def make_file(path: Path) -> None:
    """Make the file and its folder where they are missing, for this user's eyes only: it holds password hashes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def connect(path: Path, *, may_write: bool) -> apsw.Connection:
    """Open one connection; none of them checkpoints by itself."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    db.set_busy_timeout(BUSY_MILLISECONDS)
    db.wal_autocheckpoint(0)
    for name, value in _SETTINGS.items():
        db.pragma(name, value)
    db.pragma("query_only", not may_write)
    return db


def use_wal(db: apsw.Connection) -> None:
    """Set what stays with the file.

    Raises:
        StoreRefusedError: It is where memory can't be shared, on a network's disk say.
    """
    db.pragma("auto_vacuum", "incremental")
    if db.pragma("journal_mode", "wal") != "wal":
        raise StoreRefusedError("SQLite can't use its write-ahead log here; put the data on a local disk.")


_SETTINGS: dict[str, int | str] = {
    "synchronous": "full",
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "mmap_size": 0,
    "cache_size": -CACHE_KIB,
    "temp_store": "memory",
    "journal_size_limit": WAL_KEPT_BYTES,
    "trusted_schema": 0,
}
