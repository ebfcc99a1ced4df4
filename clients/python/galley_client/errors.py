"""What can go wrong, as exceptions; each says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from galley_client.events import RunCancelled, RunFailed


class GalleyError(Exception):
    """Everything that this package raises of its own."""


class UnreachableError(GalleyError):
    """Nothing answers, or a stream was lost too often. Where `run_id` is set, that run goes on at the server."""

    def __init__(self, message: str, *, run_id: str | None = None) -> None:
        super().__init__(message)
        self.run_id = run_id


class ProtocolError(GalleyError):
    """What answers is no Galley server, or one that this version can't understand."""


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with what was sent; `pointer` (RFC 6901) says where."""

    detail: str
    pointer: str = ""
    line: int | None = None


class ProblemError(GalleyError):
    """The server refused (RFC 9457). `code` is stable, `detail` is for people, `errors` say what to mend.

    `retry_after` is in seconds, where the server says when to come again.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        errors: tuple[Fault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, code, detail, errors)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after

    def __str__(self) -> str:
        faults = "; ".join(f"{fault.pointer.lstrip('/')}: {fault.detail}" for fault in self.errors)
        return f"{self.detail} {faults}".strip()


class RunFailedError(GalleyError):
    """A run that was waited for ended in an error; `event` tells which, and the draft so far."""

    def __init__(self, event: RunFailed) -> None:
        super().__init__(event.message)
        self.event = event
        self.code = event.code
        self.run_id = event.run_id


class RunCancelledError(GalleyError):
    """A run that was waited for was cancelled; `event` has the draft so far."""

    def __init__(self, event: RunCancelled) -> None:
        super().__init__(event.message)
        self.event = event
        self.run_id = event.run_id


class _Problem(Struct, frozen=True):
    detail: str
    code: str = ""
    errors: tuple[Fault, ...] = ()


_DECODER = msgspec.json.Decoder(_Problem)


def read_problem(response: httpx.Response) -> ProblemError:
    """Make the error of a refusal whose body was read; where it is no problem, as a proxy's page, of its status."""
    status = response.status_code
    try:
        problem = _DECODER.decode(response.content)
    except msgspec.DecodeError:
        problem = _Problem(detail=f"The server answered {status} {response.reason_phrase}.")
    return ProblemError(
        status=status,
        code=problem.code or f"http_{status}",
        detail=problem.detail,
        errors=problem.errors,
        retry_after=_read_retry_after(response.headers),
    )


def _read_retry_after(headers: Mapping[str, Any]) -> float | None:
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isascii() and text.isdigit() else None
