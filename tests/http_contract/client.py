"""A client of any deployment: patient with limits, exact with streams, and it remembers which runs it made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.rig.sse_reader import Frame, SseReader
from tests.http_contract.deployment import REQUEST_SECONDS, TAG, Session

CONTROLS = frozenset({"draining", "reset", "auth_expiring"})
TERMINAL = frozenset({"complete", "error", "cancelled"})
RUN_SECONDS = 300.0
MOST_WAIT_SECONDS = 60.0
MADE = "GALLEY_CONTRACT_MADE"
"""Names the file of the runs that were made, one a line, for whoever cleans up."""


def remember_run(run_id: str) -> None:
    """Write down a run that has to be deleted in the end."""
    with Path(os.environ[MADE]).open("a") as file:
        file.write(f"{run_id}\n")


def ask(topic: str, **more: Any) -> dict[str, Any]:
    """Return the body of a run of the deployment's default prompt set."""
    return {"text": topic, "tags": [TAG]} | more


class Stream:
    """One open stream: its answer, what came of it so far, and what of it broke the rules of the wire."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.frames: list[Frame] = []
        self.controls: list[Frame] = []
        self.reader = SseReader()
        self._pieces = answer.aiter_raw()

    @property
    def ids(self) -> list[str]:
        """The cursors of its events."""
        return [frame.id for frame in self.frames]

    @property
    def has_ended(self) -> bool:
        """Whether its terminal event came."""
        return bool(self.frames) and self.frames[-1].event in TERMINAL

    async def read(self, *, most: int | None = None) -> Stream:
        """Read to its end, or until it has so many events."""
        async with asyncio.timeout(RUN_SECONDS):
            async for piece in self._pieces:
                for frame in self.reader.feed(piece):
                    (self.controls if frame.event in CONTROLS else self.frames).append(frame)
                if most is not None and len(self.frames) >= most:
                    break
        return self


class Client:
    """The user's own requests; an answer of any status is returned, 429 after the wait that it asks for."""

    def __init__(self, http: httpx.AsyncClient, session: Session) -> None:
        self.http = http
        self.session = session

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Make a request that has an end."""
        while True:
            sent = {**self.session.headers(), **(headers or {})}
            answer = await self.http.request(method, path, headers=sent, **options)
            if not await wait_out(answer):
                break
        self._remember(answer)
        return answer

    @asynccontextmanager
    async def open(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[Stream]:
        """Open a stream; leaving the block cuts it."""
        while True:
            sent = {**self.session.headers(), "Accept": "text/event-stream", **(headers or {})}
            async with self.http.stream(method, path, headers=sent, **options) as answer:
                if await wait_out(answer):
                    continue
                self._remember(answer)
                yield Stream(answer)
                return

    async def follow(self, run_id: str, *, after: str | None = None) -> Stream:
        """Read a run's stream from behind a cursor to its end."""
        headers = {} if after is None else {"Last-Event-ID": after}
        async with self.open("GET", f"/runs/{run_id}/events", headers=headers) as stream:
            return await stream.read()

    async def start(self, topic: str, **more: Any) -> str:
        """Start a run without waiting for it and return its id."""
        answer = await self.ask("POST", "/run", headers={"Prefer": "respond-async"}, json=ask(topic, **more))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    def _remember(self, answer: httpx.Response) -> None:
        if answer.request.method == "POST" and "X-Run-Id" in answer.headers:
            remember_run(answer.headers["X-Run-Id"])


async def wait_out(answer: httpx.Response) -> bool:
    """Wait where the answer says that there were too many requests; return whether it did."""
    if answer.status_code != 429:
        return False
    await answer.aread()
    seconds = float(answer.headers["Retry-After"])
    assert seconds <= MOST_WAIT_SECONDS, f"the deployment wants {seconds} s of patience: {answer.text}"
    await asyncio.sleep(seconds)
    return True


@asynccontextmanager
async def connect(session: Session) -> AsyncIterator[Client]:
    """Open connections for a session."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=session.deployment.url, timeout=REQUEST_SECONDS, limits=limits, trust_env=False
    ) as http:
        yield Client(http, session)


def new_key() -> str:
    """Return an idempotency key that nobody has used."""
    return f"contract-{uuid4()}"
