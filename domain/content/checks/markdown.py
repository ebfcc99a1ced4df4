"""The check `markdown`: Markdown that comes out as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.markdown import RULES, find_markdown_faults
from domain.content.text import to_well_formed


@frozen(kw_only=True)
class MarkdownCheck:
    """No open code block, uneven table, unknown reference, HTML tag, and no heading that is empty or out of its level.

    `allow` names rules that don't matter here.
    """

    kind: ClassVar[str] = "markdown"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"allow": {"type": "array", "items": {"enum": list(RULES)}, "uniqueItems": True}}
    }

    allow: tuple[str, ...] = field(default=(), converter=tuple)
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the first 20 faults, in the order of their places."""
        faults = islice(find_markdown_faults(text, frozenset(self.allow)), MOST_FINDINGS)
        return tuple(
            Finding(
                check=self.kind, message=to_well_formed(fault.message), where=place_at(text, fault.start, fault.end)
            )
            for fault in sorted(faults, key=lambda fault: (fault.start, fault.end))
        )
