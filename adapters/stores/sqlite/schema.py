"""The tables, and the way from every older version of them to the newest."""

from __future__ import annotations

import apsw

from domain.errors import StoreRefusedError

_FIRST = """
CREATE TABLE contents (
    key INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    content BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    success INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    content INTEGER NOT NULL REFERENCES contents (key),
    prompt TEXT NOT NULL,
    idempotency_key TEXT,
    fingerprint TEXT NOT NULL,
    search TEXT NOT NULL,
    spec BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_owner ON runs (owner, key);
CREATE UNIQUE INDEX runs_by_idempotency_key ON runs (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_live ON runs (status, owner) WHERE status IN ('queued', 'running');
CREATE INDEX runs_by_end ON runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_by_content ON runs (content);

CREATE TABLE events (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    time INTEGER NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL,
    crc INTEGER NOT NULL,
    UNIQUE (run, seq)
) STRICT;
CREATE TABLE removed_runs (run INTEGER PRIMARY KEY) STRICT;

CREATE TABLE prompt_versions (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    content BLOB NOT NULL,
    source TEXT NOT NULL,
    author TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (name, version)
) STRICT;
CREATE TABLE prompt_labels (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (name, label)
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_disabled INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
"""

_SECOND = """
CREATE TABLE reservations (
    run TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    call INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    day TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nanodollars INTEGER NOT NULL,
    PRIMARY KEY (run, epoch, call)
) STRICT;
CREATE INDEX reservations_by_user ON reservations (user_id, day);
CREATE TABLE spendings (
    user_id TEXT NOT NULL,
    day TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nanodollars INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT;
"""

_THIRD = """
CREATE TABLE deliveries (
    run INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    tries INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status = 'pending';
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD)
"""Statement n brings version n to n + 1. Released ones never change; times are microseconds since 1970 in UTC."""


def is_current(db: apsw.Connection) -> bool:
    """Whether the file has this program's version.

    Raises:
        StoreRefusedError: A newer program wrote it, or it is somebody else's.
    """
    version = db.pragma("user_version")
    if version > len(MIGRATIONS):
        raise StoreRefusedError(
            f"A newer Galley wrote this store (schema {version}, this one knows {len(MIGRATIONS)});"
            " use that one, or restore the backup that was made before it."
        )
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_schema").get:
        raise StoreRefusedError("This file is a SQLite database, but not Galley's; give another path.")
    return bool(version == len(MIGRATIONS))


def migrate(db: apsw.Connection) -> None:
    """Bring the file to the newest version in one transaction."""
    if is_current(db):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        while not is_current(db):
            version = db.pragma("user_version")
            db.execute(MIGRATIONS[version])
            db.pragma("user_version", version + 1)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
