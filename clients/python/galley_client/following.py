"""Following one run to its end: what to ask next, and what an answer, a frame or a failure means. It does no I/O."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec
from httpx_sse import ServerSentEvent, SSEError
from msgspec import Struct

from galley_client.backoff import LONGEST_RETRY_AFTER, Backoff
from galley_client.calls import Start, run_path
from galley_client.errors import (
    GalleyError,
    ProblemError,
    ProtocolError,
    RunCancelledError,
    RunFailedError,
    UnreachableError,
    read_problem,
)
from galley_client.events import Event, Reset, RunCancelled, RunCompleted, RunFailed, TerminalEvent, decode_event
from galley_client.session import Session, token_of
from galley_client.text import GrowingText

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be another one soon."""

RETRIED: Final = (httpx.RequestError, SSEError, GalleyError)
"""What `Following.pause` has an answer to."""


class LostError(GalleyError):
    """The stream is of no more use, and the run has not ended. It never leaves this package."""

    def __init__(self, reason: str, *, is_at_once: bool = False) -> None:
        super().__init__(reason)
        self.is_at_once = is_at_once


class _Envelope(Struct, frozen=True):
    run_id: str
    seq: int


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


class Following:
    """One run that is followed, from its start or from behind the event whose id is `after`.

    A run that is not known yet is started with an idempotency key: to ask again after an answer that got lost finds
    the run that was started, and never starts another one.
    """

    def __init__(
        self,
        url: str,
        session: Session,
        backoff: Backoff,
        *,
        start: Start | None = None,
        run_id: str | None = None,
        after: str | None = None,
    ) -> None:
        self.run_id = run_id
        self.text = GrowingText()
        self._end: TerminalEvent | None = None
        self._has_nothing_more = False
        self._url = url
        self._session = session
        self._backoff = backoff
        self._start = start
        self._last_id = after
        # From a cursor that was given, the first event that comes is the next one, whatever its number.
        self._seq = 0 if after is None else None
        self._first_pause: float | None = None
        self._failures = 0
        self._is_reached = False
        self._token: str | None = None

    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self._end is not None or self._has_nothing_more

    def outcome(self) -> RunCompleted:
        """Return the end of a run that is complete.

        Raises:
            RunFailedError: It ended in an error.
            RunCancelledError: It was cancelled.
        """
        match self._end:
            case RunFailed() as end:
                raise RunFailedError(end)
            case RunCancelled() as end:
                raise RunCancelledError(end)
            case RunCompleted() as end:
                return end
            case _:
                raise AssertionError("a run that is over has an end")

    def request(self) -> dict[str, Any]:
        """Return what to ask: the arguments of httpx's `stream`."""
        headers = {"Accept": "text/event-stream"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        if self.run_id is not None:
            return {"method": "GET", "url": f"{run_path(self.run_id)}/events", "headers": headers}
        assert self._start is not None
        headers["Idempotency-Key"] = self._start.key
        return {"method": "POST", "url": "/run/stream", "headers": headers, "json": self._start.body}

    def open(self, response: httpx.Response) -> None:
        """Take in the head of an answer; the body of one that is not 200 was read.

        Raises:
            ProblemError: It is a refusal.
        """
        self._is_reached = True
        if response.status_code == httpx.codes.NO_CONTENT and self._last_id is not None:
            self._has_nothing_more = True
        elif response.status_code != httpx.codes.OK:
            raise read_problem(response)
        self._token = token_of(response)
        self.run_id = response.headers.get("X-Run-Id", self.run_id)

    def take(self, frame: ServerSentEvent) -> Event | None:
        """Return what a frame tells, None where that was told before.

        Raises:
            LostError: The stream is of no more use.
            ProtocolError: The frame is none of a Galley server's.
        """
        if frame.retry is not None:
            self._first_pause = frame.retry / 1000
        match frame.event:
            case "reset":
                return self._reset()
            case "draining":
                raise LostError("the server is going away", is_at_once=True)
            case "auth_expiring" if self._session.can_renew:
                self._session.expire(self._token)
                raise LostError("the token is about to expire", is_at_once=True)
            case _ if frame.id in ("", self._last_id):
                # What has no id of its own is about the stream, and a newer server may say more about that.
                return None
        return self._read(frame)

    def end(self) -> None:
        """Note that the stream ended.

        Raises:
            LostError: The run did not.
        """
        if not self.is_over():
            raise LostError("the stream ended before the run did")

    def pause(self, error: Exception) -> float:
        """Return for how many seconds to wait before the next try.

        Raises:
            GalleyError: There is no use in another one.
        """
        at_least = 0.0
        match error:
            case ProblemError(status=status, retry_after=retry_after):
                at_least = retry_after or 0.0
                if status not in PASSING or at_least > LONGEST_RETRY_AFTER:
                    raise error
            case SSEError():
                raise ProtocolError(f"{self._url} does not answer as a Galley server does.") from error
            case ProtocolError():
                raise error
            case httpx.ConnectError() | httpx.ConnectTimeout() if not self._is_reached:
                raise UnreachableError(f"Nothing answers at {self._url}; is the server running?") from error
        self._failures += 1
        if isinstance(error, LostError) and error.is_at_once and self._failures == 1:
            return 0.0
        if self._failures > self._backoff.retries:
            raise self._give_up(error) from error
        return self._backoff.pause(self._failures, at_least=at_least, first=self._first_pause)

    def _give_up(self, error: Exception) -> GalleyError:
        reason = (str(error) or type(error).__name__).rstrip(".")
        where = f" The run {self.run_id} goes on at the server." if self.run_id else ""
        return UnreachableError(f"Given up after {self._failures} tries in a row: {reason}.{where}", run_id=self.run_id)

    def _reset(self) -> Reset:
        self._last_id, self._seq = None, 0
        told = Reset(run_id=self.run_id or "")
        self.text.take(told)
        return told

    def _read(self, frame: ServerSentEvent) -> Event | None:
        raw = frame.data.encode()
        try:
            seq = _ENVELOPE.decode(raw).seq
        except msgspec.DecodeError as error:
            raise ProtocolError(f"{self._url} does not answer as a Galley server does: {error}.") from None
        if self._seq is not None and seq <= self._seq:
            return None
        if self._seq is not None and seq != self._seq + 1:
            raise LostError("an event was missing")
        event = decode_event(frame.event, raw, event_id=frame.id)
        self._seq, self._last_id, self._failures, self.run_id = seq, frame.id, 0, event.run_id
        if isinstance(event, RunCompleted | RunFailed | RunCancelled):
            self._end = event
        self.text.take(event)
        return event
