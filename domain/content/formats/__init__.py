"""The output formats: how a draft is brought to one, by rules, and what is wrong with a text as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from domain.content.finding import Finding
from domain.content.formats.html import format_html, format_plainly
from domain.content.formats.json import format_json
from domain.content.formats.markdown import format_markdown
from domain.content.formats.text import format_plain_text
from domain.content.json_text import find_json_fault
from domain.content.text import clean_text
from domain.run.model import OutputFormat


def format_text(
    draft: str,
    output_format: OutputFormat,
    *,
    schema: Mapping[str, Any] | None = None,
    remote: frozenset[str] = frozenset(),
) -> str:
    """Bring a draft to the output format; formatting the result again changes nothing.

    `schema` gives the order of keys in JSON, `remote` are the hosts from which HTML may show images. What can't be
    brought to the format stays as it is, but HTML is always sanitised.
    """
    text = clean_text(draft)
    match output_format:
        case "markdown":
            return _settle(format_markdown, text, str.strip)
        case "html":
            # HTML that is not taken for HTML the next time would be escaped by it.
            return _settle(lambda given: format_html(given, remote), text, format_plainly, passes=2)
        case "json":
            return _settle(lambda given: format_json(given, schema), text, str.strip)
        case "text":
            return _settle(format_plain_text, text, str.strip)
        case _:
            assert_never(output_format)


def format_findings(text: str, output_format: OutputFormat) -> tuple[Finding, ...]:
    """Return what every text of a format must be: not empty, and JSON where it is JSON."""
    if not text.strip():
        return (Finding(check="empty", message="is empty: write the text that was asked for."),)
    fault = find_json_fault(text) if output_format == "json" else None
    return () if fault is None else (fault,)


def _settle(transform: Callable[[str], str], text: str, fallback: Callable[[str], str], *, passes: int = 4) -> str:
    """Transform a text until nothing changes any more; where that takes more passes, as with odd markup, fall back."""
    current = text
    try:
        for _ in range(passes):
            before, current = current, transform(current)
            if current == before:
                return current
    except RecursionError:
        # The libraries recurse into what is nested, and how much room they have depends on the caller.
        return fallback(text)
    return fallback(text)
