"""Frames as a Galley server sends them, and what one client of either kind makes of a script of answers."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Literal

from attrs import define, field
from httpx_sse import ServerSentEvent

from galley_client import AsyncGalley, Backoff, Event, Galley, Reset

RUN = "11111111-2222-4333-8444-555555555555"
TOKENS = {"access_token": "a1", "refresh_token": "r1", "token_type": "Bearer", "expires_in": 900}
BODY = {"prompt": "blog-post", "inputs": {"topic": "tea"}}
FIELDS: dict[str, dict[str, Any]] = {
    "run": {"status": "queued", "prompt": {"name": "blog-post", "version": 1, "hash": "0"}, "model": "sample"},
    "progress": {"stage": "generator", "message": "Writing", "progress": 30},
    "complete": {"success": True, "output": "Tea.", "metadata": {}},
    "error": {"code": "worker_lost", "message": "Lost.", "retryable": True, "stage": "generator", "draft": None},
    "cancelled": {"message": "Cancelled.", "draft": "Te"},
}

Kind = Literal["sync", "async"]


def make_data(seq: int, event: str = "progress", **fields: Any) -> str:
    head = {"run_id": RUN, "seq": seq, "time": "2026-01-01T00:00:00.000Z", "type": event}
    return json.dumps(head | FIELDS.get(event, {}) | fields)


def sse(seq: int, event: str = "progress", **fields: Any) -> ServerSentEvent:
    return ServerSentEvent(event=event, data=make_data(seq, event, **fields), id=f"{RUN}:1-{seq}")


def frame(seq: int, event: str = "progress", **fields: Any) -> bytes:
    return f"id: {RUN}:1-{seq}\nevent: {event}\ndata: {make_data(seq, event, **fields)}\n\n".encode()


def control(event: str) -> bytes:
    return f"event: {event}\ndata: {{}}\n\n".encode()


@define
class Told:
    """What a client was told, and how often it paused."""

    events: list[Event] = field(factory=list)
    pauses: int = 0

    @property
    def seen(self) -> list[str]:
        return ["reset" if isinstance(event, Reset) else f"{event.seq} {event.type}" for event in self.events]

    def chance(self) -> float:
        self.pauses += 1
        return 0.0


async def tell(kind: Kind, url: str, *, retries: int = 8, **who: str) -> Told:
    """Start a run with a client that never waits, and follow it to its end."""
    told = Told()
    options: dict[str, Any] = {"backoff": Backoff(chance=told.chance, retries=retries), **(who or {"token": "t"})}

    def wait() -> None:
        with Galley(url, **options) as galley, galley.stream(**BODY, key="k1") as events:
            told.events.extend(events)

    if kind == "sync":
        await asyncio.to_thread(wait)
        return told
    async with AsyncGalley(url, **options) as galley, galley.stream(**BODY, key="k1") as events:
        told.events.extend([event async for event in events])
    return told


def paths(seen: Sequence[Any]) -> list[str]:
    """Return the paths of requests."""
    return [request.line.split()[1] for request in seen]
