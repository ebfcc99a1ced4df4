"""The check `forbidden_phrases`: what a text must not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.phrases import PHRASE_OPTIONS, find_phrases
from domain.content.finding import Finding, place_at


@frozen(kw_only=True)
class ForbiddenPhrasesCheck:
    """None of the phrases, as whole words and in any case unless said otherwise; one finding for each.

    With `near_spellings` "gamechanger" and "game chnager" are found for "game-changer" as well.
    """

    kind: ClassVar[str] = "forbidden_phrases"
    options: ClassVar[Mapping[str, Any]] = PHRASE_OPTIONS

    phrases: tuple[str, ...] = field(converter=tuple)
    case_sensitive: bool = False
    whole_words: bool = True
    near_spellings: bool = False
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Look for every phrase; each is told at its first place."""
        return self._find(text, 0, is_whole=True)

    def scan(self, text: str, start: int) -> Finding | None:
        """Look for the phrases that end behind `start` and can't go on into a longer word."""
        reach = 2 * max(map(len, self.phrases)) + 1
        return next(iter(self._find(text, max(0, start - reach), is_whole=False)), None)

    def _find(self, text: str, start: int, *, is_whole: bool) -> tuple[Finding, ...]:
        found = find_phrases(
            text,
            self.phrases,
            case_sensitive=self.case_sensitive,
            whole_words=self.whole_words,
            near_spellings=self.near_spellings,
            start=start,
            is_whole=is_whole,
        )
        return tuple(
            Finding(check=self.kind, message=f'says "{phrase}": say it differently.', where=place_at(text, *span))
            for phrase, span in sorted(found.items(), key=lambda item: item[1])
        )
