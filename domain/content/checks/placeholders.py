"""The check `placeholders`: what somebody was meant to fill in before the text is used."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

import re2
from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.markup import blank_code

_VERBS = "insert|add|enter|fill in|replace|your|company|name of|todo|tbd|tbc|tk|placeholder|xx+"
_PLACEHOLDER = re2.compile(
    "|".join(
        (
            r"\\?\[(?i:" + _VERBS + r")\b[^\[\]\n]{0,120}\\?\]",
            r"\{\{[^{}\n]{1,120}\}\}",
            r"\$\{[A-Za-z_][^{}\n]{0,120}\}",
            r"(?:<|&lt;|\\<)(?i:insert|add|enter|your|fill in|placeholder)[ _-][^<>&\n]{0,120}(?:>|&gt;)",
            r"(?i:\blorem ipsum\b)",
            r"\b(?:TODO|TBD|TBC|FIXME|TKTK)\b",
            r"\bX{4,}\b",
        )
    )
)


@frozen(kw_only=True)
class PlaceholdersCheck:
    """No [TODO], {{ slot }}, ${slot}, <insert ...>, lorem ipsum, TBD or XXXX, outside of code.

    `allow` lists what is meant to stay, such as a mail program's "{{ first_name }}".
    """

    kind: ClassVar[str] = "placeholders"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"allow": {"type": "array", "items": {"type": "string"}, "maxItems": 50}}
    }

    allow: tuple[str, ...] = field(default=(), converter=tuple)
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the first 20 placeholders, at their places."""
        visible = blank_code(text)
        spans = (match.span() for match in _PLACEHOLDER.finditer(visible))
        left = (span for span in spans if visible[slice(*span)] not in self.allow and not _is_link(visible, *span))
        return tuple(
            Finding(
                check=self.kind,
                message=f'has the placeholder "{visible[start:end]}": write what belongs there, or leave it out.',
                where=place_at(text, start, end),
            )
            for start, end in islice(left, MOST_FINDINGS)
        )


def _is_link(text: str, start: int, end: int) -> bool:
    """Whether it is the text of a Markdown link: [your account](https://example.org)."""
    return text[start] == "[" and text[end : end + 1] in ("(", "[", ":")
