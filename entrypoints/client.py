"""A client of a Galley server: starts a run and follows it to its end, through cuts, drains and expired tokens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec
from attrs import define, field, frozen
from httpx_sse import EventSource, ServerSentEvent, SSEError

from domain.errors import NoOutputError
from domain.run.events import TERMINAL_TYPES
from domain.run.model import Record
from entrypoints.client_login import ClientError, ClientLogin
from entrypoints.problem import describe_problem
from entrypoints.run_feed import Item, StartOver

TIMEOUTS: Final = httpx.Timeout(10.0, read=45.0)
"""Three heartbeats of the server's default may be missed."""
FAILURES_IN_A_ROW: Final = 8
LONGEST_PAUSE_SECONDS: Final = 15.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_WORTH_RETRYING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Interrupted(Exception):  # noqa: N818 - no error: it is what the next try is for
    """The stream ended before the run did."""

    def __init__(self, reason: str, *, retry_after: float = 0.0, counts: bool = True) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.counts = counts


@frozen(kw_only=True)
class _PromptDescription:
    inputs: dict[str, Any]
    samples: tuple[dict[str, Any], ...] = ()


@frozen(kw_only=True)
class _Envelope:
    run_id: str
    seq: int
    time: datetime


@define(kw_only=True)
class RunClient:
    """Follows one run at a time over `http`, whose base URL is the server's.

    A run is started with an idempotency key, so asking again after a cut attaches to it and never starts another.
    """

    http: httpx.AsyncClient
    login: ClientLogin
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    run_id: str | None = field(default=None, init=False)
    _last_id: str = field(default="", init=False)
    _seq: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)
    _is_expiring: bool = field(default=False, init=False)

    async def find_inputs(self, prompt: str) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
        """Return the JSON Schema of a prompt set's inputs, and samples of them.

        Raises:
            ClientError: The server refused, or nothing answers.
        """
        try:
            headers = await self.login.authorize()
            response = await self.http.get(f"/prompts/{quote(prompt, safe='@')}", headers=headers)
        except httpx.RequestError as error:
            raise self._unreachable(error) from error
        if not response.is_success:
            raise ClientError(describe_problem(response))
        self.login.confirm()
        try:
            found = msgspec.json.decode(response.content, type=_PromptDescription)
        except msgspec.DecodeError:
            raise self._no_galley() from None
        return found.inputs, found.samples

    async def download(self, run_id: str, file_format: str | None) -> bytes:
        """Return a run's output as a file, of its own format where none is named.

        Raises:
            NoOutputError: The run has not ended, or without an output.
            ClientError: The server refused, or nothing answers.
        """
        query = {} if file_format is None else {"format": file_format}
        try:
            headers = await self.login.authorize()
            response = await self.http.get(f"/runs/{quote(run_id, safe='')}/output", params=query, headers=headers)
        except httpx.RequestError as error:
            raise self._unreachable(error) from error
        if response.status_code == httpx.codes.CONFLICT:
            raise NoOutputError(describe_problem(response))
        if not response.is_success:
            raise ClientError(describe_problem(response))
        if "attachment" not in response.headers.get("Content-Disposition", ""):
            raise self._no_galley()
        return response.content

    async def follow(self, body: Mapping[str, Any], *, key: str) -> AsyncGenerator[Item, None]:
        """Start a run and yield its records, each once and in order, up to its terminal one.

        A `StartOver` says that everything before it is void.

        Raises:
            ClientError: The server refused the request, or the run can't be followed to its end.
        """
        while True:
            try:
                async with aclosing(self._stream(body, key)) as items:
                    async for item in items:
                        yield item
                        if isinstance(item, Record) and item.type in TERMINAL_TYPES:
                            return
            except _Interrupted as interruption:
                await self._pause(interruption)
            except httpx.RequestError as error:
                if self.run_id is None and isinstance(error, httpx.ConnectError):
                    raise self._unreachable(error) from error
                await self._pause(_Interrupted(str(error) or type(error).__name__))

    async def cancel(self) -> None:
        """Ask the server to cancel the run that is followed; the stream then ends with `cancelled`.

        Raises:
            ClientError: The server refused.
        """
        if self.run_id is None:
            return
        try:
            response = await self.http.post(f"/runs/{self.run_id}/cancel", headers=self.login.headers)
        except httpx.RequestError as error:
            raise ClientError(f"The cancel did not reach the server: {error}") from error
        if not response.is_success:
            raise ClientError(describe_problem(response))

    async def _stream(self, body: Mapping[str, Any], key: str) -> AsyncGenerator[Item, None]:
        headers = await self.login.authorize() | {"Idempotency-Key": key, "Accept": "text/event-stream"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        self._is_expiring = False
        async with self.http.stream("POST", "/run/stream", json=dict(body), headers=headers) as response:
            await self._accept(response)
            try:
                async with aclosing(EventSource(response).aiter_sse()) as frames:
                    async for frame in frames:
                        item = await self._read(frame)
                        if item is not None:
                            yield item
            except SSEError:
                raise self._no_galley() from None
        if self._is_expiring and self.login.can_renew:
            await self.login.renew()
            raise _Interrupted("the token has expired", counts=False)
        raise _Interrupted("the stream ended before the run did")

    async def _accept(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.OK:
            self.login.confirm()
            return
        await response.aread()
        if response.status_code == httpx.codes.UNAUTHORIZED and self.login.can_renew:
            await self.login.renew()
            raise _Interrupted("the token had expired", counts=False)
        if response.status_code in _WORTH_RETRYING:
            raise _Interrupted(describe_problem(response), retry_after=_read_retry_after(response))
        raise ClientError(describe_problem(response))

    async def _read(self, frame: ServerSentEvent) -> Item | None:
        match frame.event:
            case "reset":
                self._last_id, self._seq = "", 0
                return StartOver()
            case "draining":
                raise _Interrupted("the server is going away")
            case "auth_expiring":
                self._is_expiring = True
                return None
            case "" | "message":
                return None
        return self._read_record(frame)

    def _read_record(self, frame: ServerSentEvent) -> Record | None:
        data = frame.data.encode()
        try:
            envelope = msgspec.json.decode(data, type=_Envelope)
        except msgspec.DecodeError:
            raise self._no_galley() from None
        if envelope.seq <= self._seq:
            return None
        if envelope.seq != self._seq + 1:
            raise _Interrupted("an event was missing")
        self._last_id, self._seq, self._failures, self.run_id = frame.id, envelope.seq, 0, envelope.run_id
        return Record(
            run_id=envelope.run_id, epoch=0, seq=envelope.seq, time=envelope.time, type=frame.event, data=data
        )

    def _unreachable(self, error: httpx.RequestError) -> ClientError:
        if isinstance(error, httpx.ConnectError):
            return ClientError(f"Nothing answers at {self.http.base_url}; is the server running?")
        return ClientError(f"{self.http.base_url} can't be reached: {str(error).rstrip('.') or type(error).__name__}.")

    def _no_galley(self) -> ClientError:
        return ClientError(f"{self.http.base_url} does not answer as a Galley server does.")

    async def _pause(self, interruption: _Interrupted) -> None:
        """Wait before the next try, longer each time, by chance so that many clients don't come back at once."""
        if not interruption.counts:
            return
        self._failures += 1
        if self._failures > FAILURES_IN_A_ROW:
            where = f" The run {self.run_id} goes on at the server." if self.run_id else ""
            reason = str(interruption).rstrip(".")
            raise ClientError(f"Given up after {self._failures} tries in a row: {reason}.{where}")
        longest = min(LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**self._failures)
        await self.sleep(max(interruption.retry_after, longest * (0.5 + self.chance() / 2)))


def _read_retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
