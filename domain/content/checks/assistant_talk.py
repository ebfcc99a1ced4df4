"""The check `assistant_talk`: what an assistant says to whom it works for, instead of to the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

import re2
from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.text import to_well_formed

_APOSTROPHE = "['\u2019]"
_WORKS = (
    "article|blog|post|copy|content|descriptions?|draft|e-?mail|faq|html|json|letter|list|markdown|newsletter|output|"
    "piece|press release|release notes|response|result|revision|summary|tagline|text|translation|version"
)
_CAN = f"(?:can(?:no|{_APOSTROPHE})t|can not|am unable to|am not able to)"
_ANYWHERE = "|".join(
    (
        r"as an ai\b(?: language)?(?: model| assistant)?(?:,| i\b)",
        r"as an? (?:ai|large) language model\b",
        rf"i(?:{_APOSTROPHE}m| am) (?:just )?an ai\b",
        r"my (?:knowledge|training) (?:cut-?off|data)\b",
        rf"i(?:{_APOSTROPHE}m| am) sorry, but i {_CAN}\b",
        rf"i {_CAN} (?:fulfil?l|comply with|assist with|help with) (?:this|that|your)\b",
        r"i hope (?:this|that) (?:helps|meets your)\b",
        rf"let me know if you(?:{_APOSTROPHE}d| would| want| need| have)\b[^.!?\n]{{0,40}}"
        r"\b(?:changes?|adjust|revis|tweak|edits?|else|anything)",
        r"would you like me to\b",
        r"feel free to (?:adjust|customi[sz]e|modify|tweak)\b",
        r"(?:word|character) count: ?[~≈]?[0-9]",
    )
)
_OPENING = (
    r"(?:(?:sure|certainly|of course|absolutely|got it|understood|great|okay|ok)(?: thing)?[,!.:][ \n]*"
    rf"(?:i (?:can|will|would)|i{_APOSTROPHE}ll|here|let me|below)\b"
    rf"|(?:below|here)(?:{_APOSTROPHE}s| is| are) (?:your|the|an?|my|some)\b (?:[^\s:.]+ ){{0,8}}(?:{_WORKS})\b"
    rf"|i(?:{_APOSTROPHE}ve| have) (?:written|revised|rewritten|updated|created|drafted|edited|shortened)\b)"
)
_TALK = re2.compile(rf"(?i)\b(?:{_ANYWHERE})|\[end of [a-z ]{{1,30}}\]")
_START = re2.compile(f"(?i){_OPENING}")
_LEAD = " \n\t\r>*_#\"'\u201c"
_REACH = 200
"""Longer than anything that is looked for."""


@frozen(kw_only=True)
class AssistantTalkCheck:
    """No "As an AI", no "Here is your article:" at the beginning, no "Let me know if you would like changes".

    `allow` lists what may be said all the same, such as "feel free to adjust" in a recipe.
    """

    kind: ClassVar[str] = "assistant_talk"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"allow": {"type": "array", "items": {"type": "string", "pattern": r"\S"}, "maxItems": 50}}
    }

    allow: tuple[str, ...] = field(default=(), converter=tuple)
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the first 20 places."""
        return tuple(islice(self._find(text, 0, len(text)), MOST_FINDINGS))

    def scan(self, text: str, start: int) -> Finding | None:
        """Look at what came, and before it as far as one saying reaches; its last word may still go on."""
        return next(self._find(text, max(0, start - _REACH), len(text) - 1), None)

    def _find(self, text: str, start: int, end: int) -> Iterator[Finding]:
        allowed = {" ".join(phrase.casefold().split()) for phrase in self.allow}
        for begun, ended in _iterate_talk(to_well_formed(text), start):
            said = text[begun:ended]
            if ended <= end and " ".join(said.casefold().split()) not in allowed:
                message = f'talks to whoever asked for it ("{to_well_formed(said)}"): take it out, write only the text.'
                yield Finding(check=self.kind, message=message, where=place_at(text, begun, ended))


def _iterate_talk(text: str, start: int) -> Iterator[tuple[int, int]]:
    lead = len(text[:_REACH]) - len(text[:_REACH].lstrip(_LEAD))
    opening = _START.match(text[lead : lead + _REACH]) if start <= _REACH else None
    if opening is not None:
        yield lead, lead + opening.end()
    # The character before tells whether the first word is a whole one.
    begun = max(0, start - 1)
    for found in _TALK.finditer(text[begun:]):
        if begun + found.start() >= start:
            yield begun + found.start(), begun + found.end()
