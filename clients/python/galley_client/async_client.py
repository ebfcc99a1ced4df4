"""The client for asyncio; `Galley` is the same for code that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, Unpack

import httpx
from httpx_sse import EventSource

from galley_client import calls
from galley_client.backoff import Backoff
from galley_client.calls import Call, ExportFormat, RerunOptions, RunOptions, T
from galley_client.connection import Connection, read_answer
from galley_client.events import Event, RunCompleted
from galley_client.following import RETRIED, Following
from galley_client.records import (
    Me,
    Model,
    PromptDescription,
    PromptSummary,
    RunRecord,
    RunStatus,
    RunSummary,
    RunTicket,
)


class AsyncRunStream:
    """A run's events, each once and in order, up to its end. Closing it ends the stream and not the run."""

    def __init__(self, http: httpx.AsyncClient, following: Following) -> None:
        self._http = http
        self._following = following
        self._events = self._read()

    @property
    def run_id(self) -> str | None:
        """The run, once the server told which it is."""
        return self._following.run_id

    @property
    def text(self) -> str:
        """The text as it stands: what was superseded is not in it, and at the end it is the output."""
        return str(self._following.text)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the stream."""
        await self._events.aclose()

    async def _read(self) -> AsyncGenerator[Event, None]:
        following = self._following
        while not following.is_over():
            try:
                async with self._http.stream(**following.request()) as response:
                    if response.status_code != httpx.codes.OK:
                        await response.aread()
                    following.open(response)
                    if following.is_over():
                        return
                    async with aclosing(EventSource(response).aiter_sse()) as frames:
                        async for frame in frames:
                            event = following.take(frame)
                            if event is not None:
                                yield event
                            if following.is_over():
                                return
                    following.end()
            except RETRIED as error:
                await asyncio.sleep(following.pause(error))


class AsyncGalley:
    """A Galley server, for asyncio.

    `token`, or `username` and `password`, say who asks; with the latter tokens are renewed by themselves. `heartbeat`
    is the server's HEARTBEAT_SECONDS: a stream that is silent for two and a half of them is asked for again. Other
    options go to `httpx.AsyncClient`: `proxy`, `verify` and the like.
    """

    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        heartbeat: float = 15.0,
        backoff: Backoff | None = None,
        **options: Any,
    ) -> None:
        self._connection = Connection(
            url, username=username, password=password, token=token, heartbeat=heartbeat, backoff=backoff
        )
        self._http = httpx.AsyncClient(**self._connection.options | options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; runs go on."""
        await self._http.aclose()

    def stream(
        self,
        prompt: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> AsyncRunStream:
        """Start a run and follow it. The run is started when the first event is asked for, and once only."""
        return self._stream(start=calls.make_start(prompt, inputs, options))

    def follow(self, run_id: str, *, after: str | None = None) -> AsyncRunStream:
        """Follow a run that exists, from its first event or from behind the one whose `id` is `after`."""
        return self._stream(run_id=run_id, after=after)

    async def run(
        self,
        prompt: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> RunCompleted:
        """Start a run and wait for its end; look at `success` before you use its `output`.

        Raises:
            RunFailedError: It ended in an error.
            RunCancelledError: It was cancelled.
        """
        return await _finish(self.stream(prompt, inputs, **options))

    async def start(
        self,
        prompt: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> str:
        """Start a run and return its id at once."""
        async with self.stream(prompt, inputs, **options) as events:
            return (await anext(events)).run_id

    async def wait(self, run_id: str) -> RunCompleted:
        """Wait for the end of a run that exists; raises as `run` does."""
        return await _finish(self.follow(run_id))

    async def cancel(self, run_id: str) -> str:
        """Ask for a cancel and return the run's status; whoever follows it sees it end with `cancelled`."""
        return await self._send(calls.cancel(run_id))

    async def rerun(self, run_id: str, **options: Unpack[RerunOptions]) -> str:
        """Start a new run from the request of an old one, with what is different, and return its id."""
        return await self._send(calls.rerun(run_id, **options))

    async def get(self, run_id: str) -> RunRecord:
        """Return everything that is known of a run."""
        return await self._send(calls.get(run_id))

    async def runs(
        self,
        *,
        status: Sequence[RunStatus] = (),
        prompt: str | None = None,
        text: str | None = None,
        everyone: bool = False,
    ) -> AsyncIterator[RunSummary]:
        """Yield one's runs, the newest first; pages are asked for as they are needed."""
        after: str | None = None
        while True:
            page = await self._send(calls.runs_page(after, status=status, prompt=prompt, text=text, everyone=everyone))
            for run in page.runs:
                yield run
            after = page.next
            if after is None:
                return

    async def delete(self, run_id: str) -> None:
        """Remove a run that has ended, and its log."""
        await self._send(calls.delete(run_id))

    async def export(self, run_id: str, file_format: ExportFormat | None = None) -> bytes:
        """Return a run's output as a file, of its own format where none is named."""
        return await self._send(calls.export(run_id, file_format))

    async def ticket(self, run_id: str) -> RunTicket:
        """Return what lets a browser's EventSource follow a run."""
        return await self._send(calls.ticket(run_id))

    async def prompts(self) -> tuple[PromptSummary, ...]:
        """Return the newest version of every prompt set."""
        return await self._send(calls.prompts())

    async def prompt(self, reference: str) -> PromptDescription:
        """Return one version of a prompt set: "name", "name@3" or "name@label"."""
        return await self._send(calls.prompt(reference))

    async def models(self) -> tuple[Model, ...]:
        """Return the models on offer."""
        return await self._send(calls.models())

    async def me(self) -> Me:
        """Return who is asking."""
        return await self._send(calls.me())

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make any other request of the API, with the token and these errors; options are those of httpx.

        Raises:
            ProblemError: The server refused.
            UnreachableError: It did not answer.
        """
        return await self._send(Call(method=method, path=path, read=lambda response: response), **options)

    def _stream(self, **given: Any) -> AsyncRunStream:
        return AsyncRunStream(self._http, self._connection.follow(**given))

    async def _send(self, call: Call[T], **options: Any) -> T:
        try:
            response = await self._http.request(call.method, call.path, **call.options | options)
        except httpx.RequestError as error:
            raise self._connection.unreachable(error) from error
        return read_answer(call, response)


async def _finish(events: AsyncRunStream) -> RunCompleted:
    async with events:
        async for _ in events:
            pass
    return events._following.outcome()
