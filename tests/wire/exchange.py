"""One request as it was received, and what a wire format has to know of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Literal, Protocol

from attrs import define, field

from tests.wire.answer import Answer

Ended = Literal["open", "whole", "cut", "left"]


@define(kw_only=True)
class Received:
    """One request; `connection` counts from 1, `ended` says who ended the answer: us, whole or cut, or the client."""

    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(factory=time.monotonic)
    ended: Ended = "open"
    ended_at: float | None = None

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class WireFormat(Protocol):
    """What the requests and answers of one API look like."""

    def find_plain(self, asked: Received) -> Any | None:
        """Return the JSON that answers whatever is not a completion, None where the script answers."""
        ...

    def events(self, answer: Answer, asked: Received) -> Iterator[bytes]:
        """Yield the events of a whole answer."""
        ...

    def odd_event(self, answer: Answer, kind: Literal["error", "ping", "bad_json", "odd_json"]) -> bytes:
        """Return an event that does not belong into a whole answer."""
        ...

    def failure(self, answer: Answer) -> Any:
        """Return the JSON that goes with an error's status."""
        ...
