"""What a check is: a rule a text must satisfy."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from domain.content.finding import Finding

JudgedText = Literal["draft", "output"]


class Check(Protocol):
    """A rule that judges a whole text; pure, linear in the text, and it never raises on any text.

    `on` says which text: the draft as the generator wrote it, or the formatted output.
    """

    @property
    def on(self) -> JudgedText:
        """Which text is judged."""
        ...

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Return what is wrong with the text, in the order of its places; nothing means that it passes."""
        ...


@runtime_checkable
class PrefixCheck(Protocol):
    """A check that can be decided while a text still grows: what is wrong with a beginning stays wrong."""

    def scan(self, text: str, start: int) -> Finding | None:
        """Judge a beginning of a text of which everything before code point `start` was scanned before."""
        ...
