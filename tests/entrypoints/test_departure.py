"""Clients that are gone before their stream has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from adapters.clock import settle
from tests.entrypoints.arrangement import BODY, House


async def post_and_leave(house: House, path: str, headers: Mapping[str, str], *, turns: int) -> asyncio.Task[None]:
    """Send a whole request and leave so many turns of the loop later; return the server's side of it."""
    body = msgspec.json.encode(BODY)
    sent = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body)), "Host": "127.0.0.1"}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
        "extensions": {},
    }
    messages = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        if len(messages) == 1:
            for _ in range(turns):
                await asyncio.sleep(0)
        return messages.pop(0)

    async def send(_: Any) -> None:
        await asyncio.sleep(0)

    task = asyncio.create_task(house.app(scope, receive, send))  # type: ignore[arg-type]
    await settle(200)
    return task


@pytest.mark.parametrize("path", ["/run/stream", "/run"])
@pytest.mark.parametrize("turns", range(30))
async def test_a_client_that_leaves_at_any_time_leaves_no_follower_behind(
    house: House, ann: dict[str, str], path: str, turns: int
) -> None:
    before = asyncio.all_tasks()

    task = await post_and_leave(house, path, ann, turns=turns)

    assert task.done()
    assert house.store.log.followers.count == 0
    assert asyncio.all_tasks() == before
