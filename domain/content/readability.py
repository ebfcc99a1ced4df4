"""How hard a text is to read: the counts that the formulas of readability are made of, and the formulas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from domain.content.prose import blank_markup, iterate_sentences
from domain.content.text import to_well_formed

FEWEST_WORDS = 30
"""Of fewer words a formula says nothing: one long name decides."""

_VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿ")
_LONGEST_WORD = 64

Ease = tuple[float, float, float]
EASE: Mapping[str, Ease] = {
    "en": (206.835, 1.015, 84.6),
    "de": (180.0, 1.0, 58.5),
    "es": (206.84, 1.02, 60.0),
    "fr": (207.0, 1.015, 73.6),
    "it": (217.0, 1.3, 60.0),
    "nl": (206.84, 0.93, 77.0),
}
"""Constant, words a sentence, syllables a word: Flesch 1948, and for the others Amstad 1978, Fernández Huerta 1959,
Kandel and Moles 1958, Franchina and Vacca 1986, Douma 1960."""


@frozen(kw_only=True)
class Measure:
    """What a text's sentences hold; `hardest` is the one with the most words."""

    sentences: int
    words: int
    letters: int
    syllables: int
    hardest: str

    @property
    def words_a_sentence(self) -> float:
        """The average length of a sentence."""
        return self.words / self.sentences

    @property
    def syllables_a_word(self) -> float:
        """The average length of a word."""
        return self.syllables / self.words


def measure(text: str, language: str) -> Measure | None:
    """Count in time linear in the text; None where there are fewer than 30 words.

    Syllables are groups of vowels, in English and French without a silent e.
    """
    prose = blank_markup(text)
    words: Counter[str] = Counter()
    sentences, most, hardest = 0, 0, (0, 0)
    for start, end in iterate_sentences(prose):
        pieces = prose[start:end].split()
        words.update(pieces)
        sentences += 1
        if len(pieces) > most:
            most, hardest = len(pieces), (start, end)
    count = letters = syllables = 0
    for piece, times in words.items():
        length = sum(map(str.isalpha, piece))
        if length:
            count += times
            letters += times * length
            syllables += times * count_syllables(piece, language)
    if count < FEWEST_WORDS:
        return None
    quote = to_well_formed(" ".join(text[slice(*hardest)].split()))
    return Measure(sentences=sentences, words=count, letters=letters, syllables=syllables, hardest=quote)


def count_syllables(word: str, language: str) -> int:
    """Count a word's groups of vowels, at least one; letters beyond the 64th are not looked at."""
    letters = "".join(filter(str.isalpha, word[:_LONGEST_WORD].lower()))
    groups = sum(a in _VOWELS and b not in _VOWELS for a, b in zip(letters, letters[1:] + " ", strict=False))
    return max(1, groups - _count_silent(letters, language))


def reading_ease(counts: Measure, language: str) -> float:
    """Return Flesch's reading ease in the form for the language: 100 is very easy, 30 is for graduates."""
    constant, per_sentence, per_word = EASE[language]
    return constant - per_sentence * counts.words_a_sentence - per_word * counts.syllables_a_word


def flesch_kincaid(counts: Measure) -> float:
    """Return the school grade of English by Kincaid et al. 1975."""
    return 0.39 * counts.words_a_sentence + 11.8 * counts.syllables_a_word - 15.59


def coleman_liau(counts: Measure) -> float:
    """Return the school grade of English by Coleman and Liau 1975, which counts letters instead of syllables."""
    return 5.88 * counts.letters / counts.words - 29.6 * counts.sentences / counts.words - 15.8


def _count_silent(letters: str, language: str) -> int:
    if language == "fr":
        return int(letters.endswith(("e", "es", "ent")) and len(letters) > 3 and letters[-2:] != "ée")
    if language != "en" or len(letters) < 4:
        return int(language == "en" and len(letters) == 3 and letters.endswith("e") and letters[0] in _VOWELS)
    if letters.endswith("e"):
        return int(letters[-2] not in _VOWELS and not (letters[-2] == "l" and letters[-3] not in _VOWELS))
    if letters.endswith("ed"):
        return int(letters[-3] not in _VOWELS and letters[-3] not in "td")
    if letters.endswith("es"):
        is_spoken = letters[-3] in "szxc" or letters[-4:-2] in ("ch", "sh", "dg") or letters[-3] == "g"
        return int(letters[-3] not in _VOWELS and not is_spoken)
    return 0
