"""How one request is answered, and which request gets which answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import define, field, frozen

TEXT = "The tide comes twice a day, and twice a day it goes."
Trouble = Literal["error", "end", "stall", "pings", "bad_json", "odd_json", "fin", "rst"]
Cut = Literal["fin", "rst", "end"]


@frozen(kw_only=True)
class Answer:
    """One answer; without arguments a whole and friendly one.

    What it says:
        `text` comes word by word, or in `pieces` as they stand, all of it `repeat` times; `thinking` comes before it.
        `raw` (one character a byte) replaces all events, `repeat` times. `stop` is end, max_tokens, refusal, context
        or the wire's own word; "" leaves it out. Without `usage` nothing is counted. `model` says who wrote.
    How it fails:
        `status` other than 200 is an error of that `kind` with `message`, or a page of HTML, with `retry_after` as the
        header stands. 0 closes the connection before any header, in the way of `cut`. `then` is what comes in the
        place of event `at` (they count from 0): an error event of that `kind`, a clean end of the body, silence, pings
        only, an event that is no JSON or odd JSON, a lost connection. `cut_at` ends the body behind so many bytes of
        it: the connection closed or reset, or the body ended as if it were whole.
    How fast:
        `delay` seconds before the headers (negative: for ever), `pace` seconds between events; `write_size` bytes go
        out at once, each in a chunk of its own.
    How often, in a script:
        for `times` requests or, where `seconds` is given, for so long since it was first used.
    """

    text: str = TEXT
    pieces: Sequence[str] | None = None
    repeat: int = 1
    thinking: Sequence[str] = ()
    raw: str | None = None
    stop: str = "end"
    usage: bool = True
    input_tokens: int = 25
    output_tokens: int = 12
    cached: int = 0
    cache_written: int = 0
    model: str | None = None
    status: int = 200
    kind: str = "overloaded_error"
    message: str = "There is too much to do."
    html: bool = False
    retry_after: str | None = None
    headers: Mapping[str, str] = field(factory=dict)
    then: Trouble | None = None
    at: int = 0
    cut_at: int | None = None
    cut: Cut = "fin"
    delay: float = 0.0
    pace: float = 0.0
    write_size: int | None = None
    times: int = 1
    seconds: float | None = None

    @property
    def deltas(self) -> tuple[str, ...]:
        """The pieces of the text, once."""
        return tuple(self.pieces if self.pieces is not None else self.text.replace(" ", " \x00").split("\x00"))


Answers = Sequence[Answer] | Mapping[str, Sequence[Answer]]


@define
class _Line:
    """The answers for one model, or for all; the last one stays."""

    answers: Sequence[Answer]
    place: int = 0
    used: int = 0
    begun: float | None = None

    def take(self) -> Answer:
        while self.place < len(self.answers) - 1 and self._is_over(self.answers[self.place]):
            self.place, self.used, self.begun = self.place + 1, 0, None
        self.used += 1
        self.begun = self.begun if self.begun is not None else time.monotonic()
        return self.answers[self.place]

    def _is_over(self, answer: Answer) -> bool:
        if answer.seconds is not None:
            return self.begun is not None and time.monotonic() - self.begun >= answer.seconds
        return self.used >= answer.times


class Script:
    """Gives each request its answer."""

    def __init__(self, answers: Answers) -> None:
        by_model = answers if isinstance(answers, Mapping) else {"*": answers}
        self._lines = {model: _Line(tuple(line) or (Answer(),)) for model, line in by_model.items()}

    def take(self, model: str) -> Answer:
        """Return the next answer for a model."""
        line = self._lines.get(model) or self._lines.setdefault("*", _Line((Answer(),)))
        return line.take()


def read_answers(document: Any) -> Answers:
    """Read what a script in JSON says."""
    if isinstance(document, Mapping):
        return {model: [Answer(**answer) for answer in line] for model, line in document.items()}
    return [Answer(**answer) for answer in document]
