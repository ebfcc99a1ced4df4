"""Telling clients that the tools are others now, since a prompt set was published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import define, field

from domain.errors import StoreError
from entrypoints.http import sse
from entrypoints.http.feed import Control, Feed
from entrypoints.http.follow import tended
from entrypoints.http.protocols.mcp_exchange import Exchange
from entrypoints.http.protocols.mcp_message import encode_message
from entrypoints.services import Services

LOOK_SECONDS: Final = 2.0
CHANGED: Final = "notifications/tools/list_changed"


@define(eq=False)
class Tools:
    """Which versions are the newest, looked up once for all who watch in this process."""

    services: Services
    _known: int = field(default=0, init=False)
    _looked_at: float = field(default=float("-inf"), init=False)
    _looking: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def fingerprint(self) -> int:
        """Return a number that changes when the tools do."""
        async with self._looking:
            now = self.services.clock.monotonic()
            if now >= self._looked_at + LOOK_SECONDS:
                versions = await self.services.prompts.list()
                self._known = hash(tuple(version.pin for version in versions))
                self._looked_at = now
        return self._known

    async def watch(self, feed: Feed) -> None:
        """Put a `changed` into the feed whenever they have changed, for ever."""
        known: int | None = None
        while True:
            with suppress(StoreError):
                found = await self.fingerprint()
                if known is not None and found != known:
                    feed.push([Control("changed")])
                known = found
            await self.services.clock.sleep(LOOK_SECONDS)


async def tell_changes(
    exchange: Exchange,
    tools: Tools | None,
    *,
    opening: bytes = sse.HEARTBEAT_LINE,
    closing: bytes = b"",
    meta: Mapping[str, Any] | None = None,
) -> AsyncGenerator[bytes, None]:
    """Yield a notification for each change, until the token's end or a drain; `meta` goes into each of them.

    Without `tools` there is nothing to tell, and the stream is open all the same.
    """
    message = encode_message({"method": CHANGED} | ({} if meta is None else {"params": {"_meta": meta}}))
    services = exchange.services
    feed = Feed(services.clock)
    async with tended(services, feed, tuple, exchange.principal) as tasks:
        yield opening + exchange.padding
        if tools is not None:
            tasks.add(tools.watch(feed))
        while batch := await feed.take():
            names = [item.name for item in batch if isinstance(item, Control)]
            if "changed" in names:
                yield message
            elif "heartbeat" in names:
                yield sse.HEARTBEAT_LINE
    if closing:
        yield closing
