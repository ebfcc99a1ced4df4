"""How much text an answer can have: what its output tokens can explain."""

from __future__ import annotations

from typing import Final

from adapters.providers.upstream.connection import OverlongAnswerError
from domain.content.text import to_well_formed

CHARACTERS_PER_TOKEN: Final = 32
"""English has four; a run of 32 for a whole answer is beyond any tokenizer but for endless blanks."""
CHARACTERS_ALWAYS: Final = 4096


class TextBound:
    """Counts the text of one answer, and its thoughts, which are paid from the same tokens."""

    def __init__(self, max_output_tokens: int) -> None:
        self._left = CHARACTERS_ALWAYS + CHARACTERS_PER_TOKEN * max_output_tokens

    def take(self, text: object) -> str:
        """Return a piece as text that every encoder takes.

        Raises:
            OverlongAnswerError: The answer has more than its tokens can explain.
            TypeError: It is no text.
        """
        if not isinstance(text, str):
            raise TypeError
        self._left -= len(text)
        if self._left < 0:
            raise OverlongAnswerError
        return to_well_formed(text)
