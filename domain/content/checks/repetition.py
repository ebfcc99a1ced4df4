"""The check `repetition`: the same words again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import is_due
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.prose import blank_markup
from domain.content.words import Piece, iterate_pieces

_MARKS = ".,;:!?…\"'“”\u2018\u2019«»()[]{}*_#>|~-\u2013—"


@frozen(kw_only=True)
class RepetitionCheck:
    """No row of `words` words stands more than `times` times in the text; case, punctuation and line ends don't count.

    Two sentences rarely have 8 words in common by chance. Lower it to find pet phrases, and raise `times` with it.
    """

    kind: ClassVar[str] = "repetition"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {
            "words": {"type": "integer", "minimum": 2, "maximum": 50},
            "times": {"type": "integer", "minimum": 1, "maximum": 100},
        }
    }

    words: int = 8
    times: int = 1
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the first 20 places where words begin to be repeated once too often, each with all that is repeated."""
        return tuple(islice(self._find(text), MOST_FINDINGS))

    def scan(self, text: str, start: int) -> Finding | None:
        """Look at the lines that are whole, or at all words but the last where a line does not end."""
        if not is_due(start, len(text)):
            return None
        whole = text[: text.rfind("\n") + 1]
        if "<" in whole or "`" in whole or "~~~" in whole:
            # What looks like prose may turn out to be code when its block is closed.
            return None
        return next(self._find(whole), None)

    def _find(self, text: str) -> Iterator[Finding]:
        pieces = [(word, start, end) for word, start, end in _iterate_words(blank_markup(text))]
        for first, last, place in self._iterate_rows([word for word, _, _ in pieces]):
            start, end = pieces[first][1], pieces[last][2]
            line = text.count("\n", 0, pieces[place][1]) + 1
            said = f"repeats {last - first + 1:,} words that stand in line {line:,} already"
            message = f"{said}: say something new here, or cut it."
            yield Finding(check=self.kind, message=message, where=place_at(text, start, end))

    def _iterate_rows(self, words: list[str]) -> Iterator[tuple[int, int, int]]:
        """Yield first and last word of each stretch that repeats, and where its words stood first."""
        numbers: dict[str, int] = {}
        ids = [numbers.setdefault(word, len(numbers)) for word in words]
        # By their hash, which for whole numbers is the same in every process: the rows themselves take far more room.
        seen: dict[int, int] = {}
        counts: Counter[int] = Counter()
        begun, until, origin = -1, -1, -1
        rows = zip(*(islice(ids, shift, None) for shift in range(self.words)), strict=False)
        for at, row in enumerate(map(hash, rows)):
            first = seen.setdefault(row, at)
            counts[row] += 1
            # A row that overlaps with itself ("very very very") counts once for each whole one.
            if counts[row] <= self.times or at - first < self.words:
                continue
            if at > until:
                if begun >= 0:
                    yield begun, until, origin
                begun, origin = at, first
            until = at + self.words - 1
        if begun >= 0:
            yield begun, until, origin


def _iterate_words(prose: str) -> Iterator[Piece]:
    for piece, start, end in iterate_pieces(prose):
        word = piece.strip(_MARKS).casefold()
        if word:
            yield word, start, end
