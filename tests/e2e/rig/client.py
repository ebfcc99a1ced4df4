"""A client that follows runs to their end through every break, and keeps what it was shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
from attrs import define, field

from tests.e2e.rig.sse_reader import Frame, SseReader

TERMINAL = frozenset({"complete", "error", "cancelled"})
CONTROLS = frozenset({"draining", "reset", "auth_expiring"})
RETRY_PAUSE_SECONDS = 0.02
REFUSALS_WORTH_RETRYING = frozenset({429, 502, 503, 504})

Resume = Literal["get", "post"]


class RefusedError(Exception):
    """The server answered with a problem that no repetition helps."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@define(kw_only=True)
class ClientLog:
    """What one client was shown of one run, in order, across all its connections.

    `frames` are the events, `controls` what carries no event of a run; `dropped` counts the frames thrown away because
    a `reset` said so. `faults` are breaches of the wire's rules.
    """

    user: str
    run_id: str | None = None
    frames: list[Frame] = field(factory=list)
    controls: list[Frame] = field(factory=list)
    faults: list[str] = field(factory=list)
    connections: int = 0
    dropped: int = 0
    _news: asyncio.Event = field(factory=asyncio.Event)

    @property
    def last_id(self) -> str | None:
        """The cursor to resume from."""
        return self.frames[-1].id if self.frames else None

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the frames say, decoded."""
        return [json.loads(frame.data) for frame in self.frames]

    @property
    def has_ended(self) -> bool:
        """Whether the terminal event was shown."""
        return bool(self.frames) and self.frames[-1].event in TERMINAL

    async def until(self, is_enough: Callable[[ClientLog], bool], *, seconds: float = 30.0) -> None:
        """Wait until the log is as somebody wants it.

        Raises:
            TimeoutError: It was not within `seconds`.
        """
        async with asyncio.timeout(seconds):
            while not is_enough(self):
                self._news.clear()
                await self._news.wait()

    def take(self, frame: Frame) -> None:
        """Keep a frame as a client does: a reset empties what was kept."""
        self._news.set()
        if frame.event not in CONTROLS:
            self.run_id = self.run_id or json.loads(frame.data)["run_id"]
            self.frames.append(frame)
            return
        self.controls.append(frame)
        if frame.event == "reset":
            self.dropped += len(self.frames)
            self.frames.clear()


class GalleyClient:
    """One user of one server (or of a proxy before it); every wait has a bound in seconds."""

    def __init__(self, http: httpx.AsyncClient, *, user: str, token: str) -> None:
        self.http = http
        self.user = user
        self.headers = {"Authorization": f"Bearer {token}"}

    async def follow_new(
        self,
        body: Mapping[str, Any],
        *,
        key: str,
        resume: Resume = "get",
        log: ClientLog | None = None,
        seconds: float = 60.0,
    ) -> ClientLog:
        """Start a run and follow it to its end; after a break go on by GET, or by the same POST with its key.

        Raises:
            TimeoutError: No terminal event within `seconds`.
            RefusedError: The server does not want the request.
        """
        kept = log if log is not None else ClientLog(user=self.user)
        async with asyncio.timeout(seconds):
            while not kept.has_ended:
                if kept.run_id is None or resume == "post":
                    await self._read("POST", "/run/stream", kept, body=body, key=key)
                else:
                    await self._read("GET", f"/runs/{kept.run_id}/events", kept)
        return kept

    async def follow(self, run_id: str, *, log: ClientLog | None = None, seconds: float = 60.0) -> ClientLog:
        """Follow a run that exists to its end, from wherever the log stands."""
        kept = log if log is not None else ClientLog(user=self.user)
        kept.run_id = run_id
        async with asyncio.timeout(seconds):
            while not kept.has_ended:
                await self._read("GET", f"/runs/{run_id}/events", kept)
        return kept

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make one plain request; an answer of any status is returned."""
        headers = self.headers | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def _read(
        self, method: str, path: str, log: ClientLog, *, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> None:
        """Read one connection until it ends in whatever way."""
        headers = self.headers | {"Accept": "text/event-stream"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if log.last_id is not None:
            headers["Last-Event-ID"] = log.last_id
        log.connections += 1
        try:
            async with self.http.stream(method, path, headers=headers, json=body) as response:
                if response.status_code != 200:
                    await _refuse(response)
                    await asyncio.sleep(RETRY_PAUSE_SECONDS)
                    return
                await _take_all(response, log)
        except httpx.TransportError:
            # The server is down or the network broke: exactly what this client is for.
            await asyncio.sleep(RETRY_PAUSE_SECONDS)


async def _refuse(response: httpx.Response) -> None:
    text = (await response.aread()).decode(errors="replace")
    if response.status_code not in REFUSALS_WORTH_RETRYING:
        raise RefusedError(response.status_code, text)


async def _take_all(response: httpx.Response, log: ClientLog) -> None:
    reader = SseReader()
    try:
        async for chunk in response.aiter_bytes():
            for frame in reader.feed(chunk):
                log.take(frame)
    finally:
        log.faults.extend(reader.faults)


@asynccontextmanager
async def connect(url: str, *, user: str, password: str) -> AsyncIterator[GalleyClient]:
    """Log in and give a client whose connections are closed at the end."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    timeout = httpx.Timeout(30.0)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=timeout, trust_env=False) as http:
        answer = await http.post("/auth/login", json={"username": user, "password": password})
        answer.raise_for_status()
        token = answer.json()["access_token"]
        me = await http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
        me.raise_for_status()
        yield GalleyClient(http, user=me.json()["user_id"], token=token)
