"""The check `language`: which language a text is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.option import OptionError
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.language import detect_language, find_code_fault, iterate_pieces, language_names
from domain.content.prose import blank_markup


@frozen(kw_only=True)
class LanguageCheck:
    """The text is in one of `languages` (ISO 639-1 codes), and so is each of its longer paragraphs.

    What is too short or too mixed to tell passes.
    """

    kind: ClassVar[str] = "language"
    options: ClassVar[Mapping[str, Any]] = {
        "required": ["languages"],
        "properties": {
            "languages": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "maxItems": 20,
                "uniqueItems": True,
                "description": "list the codes of the languages, like [en]",
            }
        },
    }

    languages: tuple[str, ...] = field(converter=tuple)
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        for index, code in enumerate(self.languages):
            fault = find_code_fault(code)
            if fault is not None:
                raise OptionError(f"/languages/{index}", fault)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the language of the whole where it is a wrong one, else the first 20 paragraphs that are not in it."""
        prose = blank_markup(text)
        pieces = [(*span, detect_language(prose[slice(*span)])) for span in iterate_pieces(prose)]
        shares: Counter[str] = Counter()
        for start, end, code in pieces:
            if code is not None:
                shares[code] += end - start
        if not shares:
            return ()
        main = shares.most_common(1)[0][0]
        if main not in self.languages:
            return (Finding(check=self.kind, message=f"is written in {self._advise(main)}"),)
        wrong = ((start, end, code) for start, end, code in pieces if code is not None and code not in self.languages)
        return tuple(
            Finding(
                check=self.kind,
                message=f"has a part that is written in {self._advise(code)}",
                where=place_at(text, end - len(prose[start:end].lstrip()), end),
            )
            for start, end, code in islice(wrong, MOST_FINDINGS)
        )

    def _advise(self, found: str) -> str:
        names = language_names()
        return f"{names[found]}: write it in {' or '.join(names[code] for code in self.languages)}."
