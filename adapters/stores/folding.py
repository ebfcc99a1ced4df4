"""Comparing texts as people do."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Make texts equal that differ only in case or in how Unicode composes them."""
    return unicodedata.normalize("NFKC", text).casefold()
