"""The check `required_phrases`: what a text must say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.phrases import PHRASE_OPTIONS, find_phrases
from domain.content.finding import Finding, place_at


@frozen(kw_only=True)
class RequiredPhrasesCheck:
    """Every one of the phrases, as whole words and in any case unless said otherwise.

    A near spelling, or one in other letters' case, does not count unless `near_spellings` is on, but is pointed at.
    """

    kind: ClassVar[str] = "required_phrases"
    options: ClassVar[Mapping[str, Any]] = PHRASE_OPTIONS

    phrases: tuple[str, ...] = field(converter=tuple)
    case_sensitive: bool = False
    whole_words: bool = True
    near_spellings: bool = False
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Look for every phrase; one that is missing has no place, unless something like it is there."""
        found = find_phrases(
            text,
            self.phrases,
            case_sensitive=self.case_sensitive,
            whole_words=self.whole_words,
            near_spellings=self.near_spellings,
        )
        missing = [phrase for phrase in self.phrases if phrase not in found]
        near = find_phrases(text, missing, near_spellings=True)
        return tuple(self._find(text, phrase, near.get(phrase)) for phrase in missing)

    def _find(self, text: str, phrase: str, near: tuple[int, int] | None) -> Finding:
        if near is None:
            return Finding(check=self.kind, message=f'does not say "{phrase}": work it in where it fits.')
        where = place_at(text, *near)
        return Finding(check=self.kind, message=f'does not say "{phrase}": write exactly that here.', where=where)
