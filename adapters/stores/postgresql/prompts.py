"""Prompt sets' versions in PostgreSQL."""

from __future__ import annotations

from typing import Any

import asyncpg

from adapters.stores.postgresql.database import Database
from adapters.stores.reference import check_label, hash_content, parse_reference
from adapters.stores.repeatable import repeatable
from domain.content.prompt import PromptVersion
from domain.errors import PromptNotFoundError
from domain.ports import Clock
from domain.run.model import PinnedPrompt

_VERSION = """
SELECT v.name, v.version, v.hash, v.content, v.source, v.author, v.published_at,
    ARRAY(SELECT label FROM prompt_labels AS l WHERE l.name = v.name AND l.version = v.version ORDER BY label)
    AS labels
FROM prompt_versions AS v
"""
_NEWEST = f"{_VERSION} WHERE v.name = $1 ORDER BY v.version DESC LIMIT 1"
_BY_NUMBER = f"{_VERSION} WHERE v.name = $1 AND v.version = $2"
_BY_LABEL = f"""{_VERSION}
WHERE v.name = $1 AND v.version = (SELECT version FROM prompt_labels WHERE name = $1 AND label = $2)
"""  # noqa: S608 -- all of it is constant
_NEWEST_OF_ALL = f"""{_VERSION}
WHERE (v.name, v.version) IN (SELECT name, max(version) FROM prompt_versions GROUP BY name) ORDER BY v.name
"""  # noqa: S608 -- all of it is constant
_LOCK_NAME = "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))"
_PUBLISH = """
INSERT INTO prompt_versions (name, version, hash, content, source, author, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_LABEL = """
INSERT INTO prompt_labels (name, label, version) VALUES ($1, $2, $3)
ON CONFLICT (name, label) DO UPDATE SET version = excluded.version
"""


class PostgresqlPromptStore:
    """`PromptStore` in PostgreSQL."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that is meant."""
        asked = parse_reference(reference)
        if asked.label is not None:
            rows = await self._database.read(_BY_LABEL, asked.name, asked.label)
        elif asked.version is not None:
            rows = await self._database.read(_BY_NUMBER, asked.name, asked.version)
        else:
            rows = await self._database.read(_NEWEST, asked.name)
        if not rows:
            raise PromptNotFoundError(f"There is no prompt set {reference}.")
        return _to_version(rows[0])

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest ones by name."""
        return tuple(_to_version(row) for row in await self._database.read(_NEWEST_OF_ALL))

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Add a version unless the newest one is the same."""
        digest, now = hash_content(content), self._clock.now()
        with repeatable():
            async with self._database.transaction() as transaction:
                await transaction.fetch(_LOCK_NAME, name)
                rows = await transaction.fetch(_NEWEST, name)
                if not rows or rows[0]["hash"] != digest:
                    number = rows[0]["version"] + 1 if rows else 1
                    await transaction.fetch(_PUBLISH, name, number, digest, content, source, author, now)
                    rows = await transaction.fetch(_NEWEST, name)
        return _to_version(rows[0])

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on.

        Raises:
            InvalidRequestError: It is no label.
            PromptNotFoundError: There is no such version.
        """
        check_label(label)
        try:
            with repeatable():
                await self._database.write(_LABEL, name, label, version)
        except asyncpg.ForeignKeyViolationError as error:
            raise PromptNotFoundError(f"There is no prompt set {name}@{version}.") from error


def _to_version(row: Any) -> PromptVersion:
    return PromptVersion(
        pin=PinnedPrompt(name=row["name"], version=row["version"], hash=row["hash"]),
        content=row["content"],
        source=row["source"],
        published_at=row["published_at"],
        author=row["author"],
        labels=tuple(row["labels"]),
    )
