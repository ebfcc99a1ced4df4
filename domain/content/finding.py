"""What a check has against a text, and where."""

from __future__ import annotations

from attrs import frozen

from domain.content.text import to_well_formed


@frozen(kw_only=True)
class Place:
    """Where in a text: `line` and `column` count from 1 in Unicode code points, `quote` is at most 80 of them.

    In JSON output `pointer` (RFC 6901) names the value instead, and line and column are None.
    """

    line: int | None = None
    column: int | None = None
    quote: str | None = None
    pointer: str | None = None


@frozen(kw_only=True)
class Finding:
    """One thing a check has against a text; `message` says what is wrong and how to mend it."""

    check: str
    message: str
    where: Place | None = None


QUOTE_LENGTH = 80
MOST_FINDINGS = 20
"""What a check tells of one kind at most: more would cost a repair more than it helps."""


def place_at(text: str, start: int, end: int | None = None) -> Place:
    """Return where `text[start:end]` stands, quoting it (at most 80 code points, fit for any encoder)."""
    line_start = text.rfind("\n", 0, start) + 1
    return Place(
        line=text.count("\n", 0, start) + 1,
        column=start - line_start + 1,
        quote=to_well_formed(text[start : min(start + QUOTE_LENGTH, len(text) if end is None else end)]),
    )
