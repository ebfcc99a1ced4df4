"""Prompt sets' versions in SQLite."""

from __future__ import annotations

from typing import Any

import apsw

from adapters.stores.reference import Reference, check_label, hash_content, parse_reference
from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.row import from_micros, to_micros
from domain.content.prompt import PromptVersion
from domain.errors import PromptNotFoundError
from domain.ports import Clock
from domain.run.model import PinnedPrompt

_VERSION = """
SELECT name, version, hash, content, source, author, published_at,
    (SELECT group_concat(label, ' ' ORDER BY label) FROM prompt_labels
     WHERE prompt_labels.name = prompt_versions.name AND prompt_labels.version = prompt_versions.version)
FROM prompt_versions
"""
_NEWEST = f"{_VERSION} WHERE name = ? ORDER BY version DESC LIMIT 1"
_BY_NUMBER = f"{_VERSION} WHERE name = ? AND version = ?"
_NEWEST_OF_ALL = f"""{_VERSION}
WHERE (name, version) IN (SELECT name, max(version) FROM prompt_versions GROUP BY name) ORDER BY name
"""  # noqa: S608 -- all of it is constant
_LABELLED = "SELECT version FROM prompt_labels WHERE name = ? AND label = ?"
_LABEL = """
INSERT INTO prompt_labels (name, label, version) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version
"""
_PUBLISH = """
INSERT INTO prompt_versions (name, version, hash, content, source, author, published_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class SqlitePromptStore:
    """`PromptStore` in SQLite."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that is meant."""
        asked = parse_reference(reference)
        return await self._database.read(lambda db: _find(db, asked, reference))

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest ones by name."""
        return await self._database.read(lambda db: tuple(_to_version(row) for row in db.execute(_NEWEST_OF_ALL)))

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Add a version unless the newest one is the same."""
        now = to_micros(self._clock.now())

        def publish(db: apsw.Connection) -> PromptVersion:
            newest = db.execute(_NEWEST, (name,)).fetchone()
            digest = hash_content(content)
            if newest is None or newest[2] != digest:
                number = 1 if newest is None else newest[1] + 1
                db.execute(_PUBLISH, (name, number, digest, content, source, author, now))
            return _to_version(db.execute(_NEWEST, (name,)).get)

        return await self._database.write(publish)

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on.

        Raises:
            InvalidRequestError: It is no label.
            PromptNotFoundError: There is no such version.
        """
        check_label(label)

        def point(db: apsw.Connection) -> None:
            _find(db, Reference(name=name, version=version), f"{name}@{version}")
            db.execute(_LABEL, (name, label, version))

        await self._database.write(point)


def _find(db: apsw.Connection, asked: Reference, reference: str) -> PromptVersion:
    number = asked.version
    if asked.label is not None:
        number = db.execute(_LABELLED, (asked.name, asked.label)).get or 0
    if number is None:
        row = db.execute(_NEWEST, (asked.name,)).fetchone()
    else:
        row = db.execute(_BY_NUMBER, (asked.name, number)).fetchone()
    if row is None:
        raise PromptNotFoundError(f"There is no prompt set {reference}.")
    return _to_version(row)


def _to_version(row: tuple[Any, ...]) -> PromptVersion:
    name, version, digest, content, source, author, published_at, labels = row
    return PromptVersion(
        pin=PinnedPrompt(name=name, version=version, hash=digest),
        content=content,
        source=source,
        published_at=from_micros(published_at),
        author=author,
        labels=tuple((labels or "").split()),
    )
