"""Where the findings against a text stand: is mending them a matter of a few places, and how are these asked for."""

from __future__ import annotations

from collections.abc import Sequence

from domain.content.finding import Finding
from domain.content.rendering import describe_findings
from domain.content.template import render

MOST_PLACES = 12
CHARACTERS_PER_PLACE = 300
"""An edit is 30 to 45 tokens of quotes and JSON: on less text than this per place the text itself is hardly longer."""
_MOST_LINES = 5
_ABOUT_THE_WHOLE = frozenset({"characters", "language", "readability", "reading_level", "sentences", "words"})
"""Checks whose findings are about the text as a whole, wherever they point."""
_EDITS = """\
This is what is wrong with your text:

{{ findings }}

Mend it by edits of these places, and leave everything else as it is. So do not answer with the text this time, but \
with JSON alone, of this form:

{"edits": [{"find": "words that stand there", "replace": "words that are to stand there"}]}

- "find" is copied from your text character by character, with its markup and line breaks, and stands in it exactly \
once. Take as many words around the place as that needs, and no more.
- "replace" is what will stand there instead, with everything of "find" that is to stay. "" leaves the words out.
- No two edits are about the same words. Where the same is wrong in another place, edit that too.
"""


def is_local(findings: Sequence[Finding], text: str) -> bool:
    """Whether all of the findings are about few enough places of the text for edits to be the shorter way."""
    if not all(_has_place(finding, text) for finding in findings):
        return False
    places = sum(max(1, len(_find_lines(finding, text))) for finding in findings)
    return 0 < places <= min(MOST_PLACES, len(text) / CHARACTERS_PER_PLACE)


def render_edit_request(findings: tuple[Finding, ...], text: str) -> str:
    """Return the user turn that asks for edits of a text, which is the turn before it.

    Raises:
        TemplateError: There is too much to be said.
    """
    lines = (f"{number}. {_describe(finding, text)}" for number, finding in enumerate(findings, start=1))
    return render(_EDITS, {"findings": "\n".join(lines)}).strip()


def _has_place(finding: Finding, text: str) -> bool:
    where = finding.where
    if where is None or finding.check in _ABOUT_THE_WHOLE:
        return False
    return bool(where.pointer) or bool(where.quote and where.quote in text)


def _describe(finding: Finding, text: str) -> str:
    described = describe_findings((finding,)).removeprefix("1. ")
    lines = _find_lines(finding, text)[:_MOST_LINES]
    return f"{described} - the same words stand in lines {', '.join(map(str, lines))}" if len(lines) > 1 else described


def _find_lines(finding: Finding, text: str) -> list[int]:
    """Return the lines in which the quoted words stand, in whatever case."""
    quote = finding.where.quote if finding.where is not None else None
    words = quote.strip().split("\n")[0].lower() if quote else ""
    if not words:
        return []
    return [number for number, line in enumerate(text.lower().split("\n"), start=1) if words in line]
