"""What counts as a word: a piece between white space that has a letter or a digit; HTML tags are none."""

from __future__ import annotations

from collections.abc import Iterator

from domain.content.text import to_well_formed

Piece = tuple[str, int, int]
_BLOCK = 16_384


def count_words(text: str) -> int:
    """Count the words of a text, in time linear in it; in Chinese and Japanese every character is a word."""
    visible = blank_tags(text)
    return sum(_count(piece) for start, end in _iterate_blocks(visible) for piece in visible[start:end].split())


def find_word(text: str, number: int) -> tuple[int, int]:
    """Return start and end of the piece with word `number` (from 1), of the last one where there are fewer."""
    seen, span = 0, (0, 0)
    for piece, start, end in iterate_pieces(blank_tags(text)):
        seen, span = seen + _count(piece), (start, end)
        if seen >= number:
            break
    return span


def iterate_pieces(text: str) -> Iterator[Piece]:
    """Yield what stands between white space, with start and end."""
    for begun, until in _iterate_blocks(text):
        position = begun
        for piece in text[begun:until].split():
            start = text.index(piece, position)
            position = start + len(piece)
            yield piece, start, position


def blank_tags(text: str) -> str:
    """Put spaces in the place of HTML tags and comments, so that every other code point keeps its place."""
    head, *rest = to_well_formed(text).split("<")
    return head + "".join(map(_blank_tag, rest))


def _blank_tag(part: str) -> str:
    end = part.find(">")
    is_tag = end > 0 and (part[0].isalpha() or part[0] in "/!")
    return " " * (end + 2) + part[end + 1 :] if is_tag else "<" + part


def _iterate_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text at white space: splitting a megabyte in one go would hold the interpreter for 40 ms."""
    start = 0
    while start < len(text):
        end = start + _BLOCK
        while (rest := text[end : end + _BLOCK]) and not rest[0].isspace():
            end += len(rest.split(None, 1)[0])
        yield start, min(end, len(text))
        start = end


def _count(piece: str) -> int:
    if not piece.isascii() and (unspaced := sum(map(_is_unspaced, piece))):
        return unspaced
    return int(any(map(str.isalnum, piece)))


def _is_unspaced(character: str) -> bool:
    """Whether it is Hiragana, Katakana or a Han character: they write words without spaces between."""
    return "\u3041" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" or character >= "\U00020000"
