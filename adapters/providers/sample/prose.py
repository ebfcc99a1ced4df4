"""Samples in prose: as long as a prompt asks for, with its headings and the lines that must be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise

from adapters.providers.sample.material import Material
from adapters.providers.sample.sentences import LINE, OPENING, SENTENCES, TITLES
from adapters.providers.sample.wish import Wish
from domain.content.words import count_words

_PARAGRAPH = 4
"""Sentences."""


def write_prose(wish: Wish, material: Material, *, target: int) -> str:
    """Write Markdown of at least `target` words, and at most a sentence more."""
    top, bottom = _write_top(wish, material), _write_bottom(wish, material)
    headings = [f"## {title}" for title in material.names or TITLES] if 2 in wish.levels else []
    has_opening = not headings or 1 in wish.levels or bool(wish.labels)
    frame = count_words("\n".join((*top, *headings, *bottom)))
    sentences = list(_take_sentences(material, target - frame))
    parts = _split(sentences, len(headings) + has_opening)
    bodies = [_join_sentences(part) for part in parts]
    opening = bodies[:1] if has_opening else []
    sections = [f"{heading}\n\n{body}" for heading, body in zip(headings, bodies[has_opening:], strict=True)]
    return "\n\n".join((*top, *opening, *sections, *bottom))


def write_line(material: Material, *, most: int) -> str:
    """Write one line of whole words, of at most `most` characters and hardly less where that is 200 or less."""
    words = LINE.format(subject=material.subject).split()
    line = ""
    for word in words:
        if len(line) + len(word) + 2 > most:
            break
        line = f"{line} {word}".strip()
    return f"{line.rstrip('.,:;')}."


def _write_top(wish: Wish, material: Material) -> list[str]:
    title = [f"# Sample: {material.subject}"] if 1 in wish.levels else []
    labels = [f"**{label}** Sample: {material.subject}" for label in wish.labels]
    return [*wish.lines, *labels, *title]


def _write_bottom(wish: Wish, material: Material) -> list[str]:
    points = "\n".join(f"- {point}" for point in material.points)
    named = [f"Your inputs name these points:\n\n{points}"] if points else []
    return [
        *named,
        *(f"**{beginning}** the sample provider, which writes without a model." for beginning in wish.beginnings),
    ]


def _take_sentences(material: Material, words: int) -> Iterator[str]:
    opening = OPENING.format(subject=material.subject)
    yield opening
    count = count_words(opening)
    for sentence in cycle(SENTENCES):
        if count >= words:
            return
        yield sentence
        count += count_words(sentence)


def _split(sentences: Sequence[str], parts: int) -> list[Sequence[str]]:
    bounds = [len(sentences) * number // parts for number in range(parts + 1)]
    return [sentences[start:end] for start, end in pairwise(bounds)]


def _join_sentences(sentences: Sequence[str]) -> str:
    paragraphs = (sentences[start : start + _PARAGRAPH] for start in range(0, len(sentences), _PARAGRAPH))
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
