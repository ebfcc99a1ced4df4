"""What changed between two texts, word by word: few, short and found in time that hardly more than grows with them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from attrs import frozen

MOST_CHANGES = 20
MOST_CHARACTERS = 120
_DEPTH = 8


@frozen(kw_only=True)
class WordChange:
    """Words that stand where others stood; `line` counts from 1 in the text as it was. Both are shortened with "…"."""

    line: int
    removed: str
    added: str


@frozen(kw_only=True)
class WordChanges:
    """How many words went and came, and the first 20 places where; `omitted` counts the places behind them."""

    words_removed: int
    words_added: int
    places: tuple[WordChange, ...]
    omitted: int = 0


def compare_words(before: str, after: str) -> WordChanges:
    """Return what was changed: a patience diff, anchored at words that each text has once.

    It takes O(n log n) for n words, and never finds more than there is; of long stretches without such words it may
    say that all of them changed.
    """
    old, new = _split(before), _split(after)
    hunks = list(_iterate_hunks(old, new, 0, 0, 0))
    return WordChanges(
        words_removed=sum(_count(old[start:end]) for start, end, _, _ in hunks),
        words_added=sum(_count(new[start:end]) for _, _, start, end in hunks),
        places=tuple(_iterate_places(old, new, hunks[:MOST_CHANGES])),
        omitted=max(0, len(hunks) - MOST_CHANGES),
    )


Hunk = tuple[int, int, int, int]


def _iterate_places(old: Sequence[str], new: Sequence[str], hunks: Sequence[Hunk]) -> Iterator[WordChange]:
    line, seen = 1, 0
    for start, end, new_start, new_end in hunks:
        line += old[seen:start].count("\n")
        seen = start
        yield WordChange(line=line, removed=_shorten(old[start:end]), added=_shorten(new[new_start:new_end]))


def _iterate_hunks(old: Sequence[str], new: Sequence[str], at_old: int, at_new: int, depth: int) -> Iterator[Hunk]:
    """Yield start and end of what differs in both, in order, once what is equal at both ends is left out."""
    head = _count_equal(old, new)
    tail = _count_equal(old[head:][::-1], new[head:][::-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    at_old, at_new = at_old + head, at_new + head
    anchors = _find_anchors(old, new) if old and new and depth < _DEPTH else []
    if not anchors:
        if old or new:
            yield at_old, at_old + len(old), at_new, at_new + len(new)
        return
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *anchors, (len(old), len(new))]):
        gap = old[i + 1 : next_i], new[j + 1 : next_j]
        yield from _iterate_hunks(*gap, at_old + i + 1, at_new + j + 1, depth + 1)


def _count_equal(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(old), len(new)))


def _find_anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest run of pieces that both have exactly once and in the same order."""
    once_old, once_new = _find_single(old), _find_single(new)
    return _keep_rising([(place, once_new[piece]) for piece, place in once_old.items() if piece in once_new])


def _find_single(pieces: Sequence[str]) -> dict[str, int]:
    counted = Counter(pieces)
    return {piece: place for place, piece in enumerate(pieces) if counted[piece] == 1}


def _keep_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest subsequence whose second numbers rise (patience sorting); the first ones do already."""
    tops: list[int] = []
    heads: list[int] = []
    before: list[int] = []
    for number, (_, value) in enumerate(pairs):
        pile = bisect_left(tops, value)
        before.append(heads[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [value]
        heads[pile : pile + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = heads[-1] if heads else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _split(text: str) -> list[str]:
    """Return words and line ends; other white space does not count."""
    return [piece for line in text.split("\n") for piece in (*line.split(), "\n")][:-1]


def _count(pieces: Sequence[str]) -> int:
    return sum(piece != "\n" for piece in pieces)


def _shorten(pieces: Sequence[str]) -> str:
    # No more pieces are joined than can be shown.
    text = " ".join(islice(pieces, MOST_CHARACTERS)).replace(" \n", "\n").replace("\n ", "\n")
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
