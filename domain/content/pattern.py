"""Regular expressions that somebody gave: RE2 runs them in time linear in the text, and none that is large is taken."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import re2

from domain.content.text import to_well_formed

MOST_STEPS = 20_000
"""Of the compiled program; a class like `\\pL` alone has about 1,200."""

MOST_STATES, MOST_REPEATS = 250, 64
"""Of the pattern with every class taken for one character, and what its counted repetitions add to that.

Where a pattern defeats RE2's automaton, its time grows with them and with the text.
"""

MOST_MATCHES = 5

_CLASS = re2.compile(
    r"\\[pP](?:\{\^?\w+\}|\w)|\\(?:x\{\w+\}|[^Q])"
    r"|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]"
    r"|\."
)
_COUNT = re2.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_HINT = "RE2 has no look-around and no back references; (?i), (?s) and (?m) are allowed at its beginning"
_TOO_LARGE = "is too large; repeat less in it, as in x{50}, and list words in forbidden_phrases"


class PatternError(ValueError):
    """It is no regular expression that can be used here; the message says why."""


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, *, case_sensitive: bool) -> Any:
    """Compile a pattern in RE2's syntax; only where it matches is kept, so groups cost nothing.

    Raises:
        PatternError: It is none, too large, or matches the empty text.
    """
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.never_capture = True
    options.log_errors = False
    try:
        compiled = re2.compile(to_well_formed(pattern), options)
        is_small = compiled.programsize <= MOST_STEPS and _is_small(to_well_formed(pattern), options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise PatternError(f"is not a regular expression that can be used here ({reason}); {_HINT}") from None
    if not is_small:
        raise PatternError(_TOO_LARGE)
    if compiled.search("") is not None:
        raise PatternError("matches the empty text, so it is found everywhere; ask for at least one character")
    return compiled


def iterate_matches(compiled: Any, text: str, most: int = MOST_MATCHES) -> Iterator[tuple[int, int]]:
    """Yield start and end of the first matches; each may cost a look at the whole rest, so they are few."""
    return (found.span() for found in islice(compiled.finditer(to_well_formed(text)), most))


def _is_small(pattern: str, options: Any) -> bool:
    if r"\Q" in pattern:
        # What it quotes would be taken for classes and counts here.
        return False
    simple = _CLASS.sub("a", pattern)
    states = re2.compile(simple, options).programsize
    once = re2.compile(_COUNT.sub("+", simple), options).programsize
    return bool(states <= MOST_STATES and states - once <= MOST_REPEATS)
