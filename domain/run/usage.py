"""Tokens and money: what one call and a whole run have used."""

from __future__ import annotations

from attrs import frozen

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English text, used only where a provider gives no count; such usage is marked as estimated."""


@frozen(kw_only=True)
class Tokens:
    """What one provider call used, in tokens.

    Of `input`, `cached` were read from the provider's cache and `cache_written` written to it; the rest was plain.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_written: int = 0


def estimate_tokens(text: str) -> int:
    """Guess how many tokens a text has, rounding up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
