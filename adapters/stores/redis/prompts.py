"""Prompt sets' versions in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.stores.redis.packing import Packable, to_microseconds, to_text, to_time
from adapters.stores.redis.server import Server
from adapters.stores.reference import check_label, hash_content, parse_reference
from adapters.stores.repeatable import repeatable
from domain.content.prompt import PromptVersion
from domain.errors import PromptNotFoundError
from domain.ports import Clock
from domain.run.model import PinnedPrompt


class RedisPromptStore:
    """`PromptStore` in Redis."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that is meant."""
        asked = parse_reference(reference)
        if asked.label is not None:
            row = await self._ask("labelled", asked.name, asked.label)
        elif asked.version is not None:
            row = await self._ask("version", asked.name, asked.version)
        else:
            row = await self._ask("newest", asked.name)
        if row is None:
            raise PromptNotFoundError(f"There is no prompt set {reference}.")
        return _to_version(row)

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest ones by name."""
        found = (_to_version(row) for row in await self._ask("list"))
        return tuple(sorted(found, key=lambda version: version.pin.name))

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Add a version unless the newest one is the same."""
        now = to_microseconds(self._clock.now())
        return _to_version(await self._ask("publish", name, hash_content(content), content, source, author, now))

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on.

        Raises:
            InvalidRequestError: It is no label.
            PromptNotFoundError: There is no such version.
        """
        check_label(label)
        if not await self._ask("label", name, label, version):
            raise PromptNotFoundError(f"There is no prompt set {name}@{version}.")

    async def _ask(self, what: str, *given: Packable) -> Any:
        with repeatable():
            return await self._server.run("prompts", what, *given)


def _to_version(row: Sequence[Any]) -> PromptVersion:
    name, version, labels, digest, content, source, author, published_at = row
    return PromptVersion(
        pin=PinnedPrompt(name=to_text(name), version=version, hash=to_text(digest)),
        content=content,
        source=to_text(source),
        published_at=to_time(int(published_at)),
        author=to_text(author),
        labels=tuple(to_text(label) for label in labels),
    )
