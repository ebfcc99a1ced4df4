"""A run at a server, as the command line follows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from attrs import define, field

from domain.content.exports import ExportFormat
from domain.errors import GalleyError, NoOutputError
from domain.run.model import Record
from entrypoints.run_feed import Item, StartOver
from galley_client import AsyncGalley, AsyncRunStream, ProblemError, Reset
from galley_client import GalleyError as GalleyClientError

CONFLICT = 409


class RemoteError(GalleyError):
    """The server refused, or can't be followed any more; the message says what to do."""

    code: ClassVar[str] = "remote"


@define
class Remote:
    """A server, asked by one command; every failure is an error of ours."""

    galley: AsyncGalley
    _events: AsyncRunStream | None = field(default=None, init=False)

    async def find_inputs(self, prompt: str) -> tuple[Mapping[str, Any], tuple[Mapping[str, Any], ...]]:
        """Return the JSON Schema of a prompt set's inputs, and samples of them.

        Raises:
            RemoteError: The server refused, or nothing answers.
        """
        with _told():
            found = await self.galley.prompt(prompt)
        return found.inputs, found.samples

    async def download(self, run_id: str, file_format: ExportFormat | None) -> bytes:
        """Return a run's output as a file, of its own format where none is named.

        Raises:
            NoOutputError: The run has not ended, or without an output.
            RemoteError: The server refused, or nothing answers.
        """
        with _told():
            try:
                return await self.galley.export(run_id, file_format)
            except ProblemError as error:
                if error.status == CONFLICT:
                    raise NoOutputError(str(error)) from error
                raise

    async def follow(self, body: Mapping[str, Any]) -> AsyncGenerator[Item, None]:
        """Start a run and yield its records, each once and in order, up to its terminal one.

        A `StartOver` says that everything before it is void.

        Raises:
            RemoteError: The server refused the request, or the run can't be followed to its end.
        """
        with _told():
            async with self.galley.stream(**body) as events:
                self._events = events
                async for event in events:
                    if isinstance(event, Reset):
                        yield StartOver()
                    else:
                        yield Record(
                            run_id=event.run_id,
                            epoch=0,
                            seq=event.seq,
                            time=event.time,
                            type=event.type,
                            data=event.raw,
                        )

    async def cancel(self) -> None:
        """Ask the server to cancel the run that is followed; it then ends with `cancelled`.

        Raises:
            RemoteError: The server refused.
        """
        run_id = None if self._events is None else self._events.run_id
        if run_id is not None:
            with _told():
                await self.galley.cancel(run_id)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except GalleyClientError as error:
        raise RemoteError(str(error)) from error
