"""Laws of every format, over any text."""

from __future__ import annotations

import inspect
import sys
import time
from typing import get_args

import pytest
from hypothesis import given

from domain.content.finding import Finding, Place
from domain.content.formats import format_findings, format_text
from domain.run.model import OutputFormat
from tests.domain.content.texts import ANY_TEXT, FEW

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
NESTED = ">" * 90 + " a"
ESCAPED = "<p>" + "&gt;" * 90 + " a</p>"
HOSTILE = {
    "stars": "**a*" * 8_000,
    "emphasis": "*a **b " * 400 + "c** d* " * 400,
    "brackets": "[" * 30_000,
    "images": "![[" * 10_000,
    "quotes": ">" * 30_000,
    "lists": "- " * 15_000,
    "nested lists": "- a\n  - b\n    - c\n" * 1_500,
    "loose lists": "1. a\n   - b\n\n" * 400,
    "rules": "---\n" * 7_000,
    "hard breaks": "a  \n" * 7_000,
    "table": "|a|b|\n|-|-|\n" * 2_500,
    "tags": "<b>" * 10_000,
    "closed tags": "<div>" * 5_000 + "</div>" * 5_000,
    "entities": "<div>" + "&amp;" * 50_000 + "</div>",
    "active formatting": "<p>" + "".join(f"<b id={n}>" for n in range(500)) + "</p>" + "<p>x</p>" * 2_000,
    "cdata": "<![CDATA[" * 3_000,
    "talk": "Here is your post:\n\n" * 1_000,
    "fences": "```\n" * 7_000,
    "braces": "{" * 30_000,
    "open texts": '{\\",}' * 6_000,
    "long": "word " * 200_000,
}


@FEW
@given(ANY_TEXT)
def test_formatting_never_raises_and_formatting_again_changes_nothing(text: str) -> None:
    for output_format in FORMATS:
        formatted = format_text(text, output_format)
        assert format_text(formatted, output_format) == formatted


@FEW
@given(ANY_TEXT)
def test_formatted_text_is_fit_for_every_encoder_and_has_no_blank_ends(text: str) -> None:
    for output_format in FORMATS:
        formatted = format_text(text, output_format)
        assert formatted.encode().decode() == formatted.strip()
        assert "\x00" not in formatted


@FEW
@given(ANY_TEXT)
def test_markdown_and_plain_text_lose_no_letter_of_prose(text: str) -> None:
    prose = "".join(character for character in text if character.isalpha() and character.isascii())

    assert "".join(filter(str.isalpha, format_text(prose, "markdown"))) == prose
    assert "".join(filter(str.isalpha, format_text(prose, "text"))) == prose


@FEW
@given(ANY_TEXT)
def test_html_never_holds_what_runs_or_loads(text: str) -> None:
    lowered = format_text(text, "html").lower()

    assert not any(tag in lowered for tag in ("<script", "<img", "<iframe", "<style", "<svg", "<object", "<form"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("output_format", FORMATS)
def test_hostile_text_takes_bounded_time(output_format: OutputFormat, text: str) -> None:
    started = time.process_time()

    formatted = format_text(text, output_format)

    assert time.process_time() - started < 3
    assert len(formatted) < 20 * len(text)


@pytest.mark.parametrize(("output_format", "text"), [("markdown", NESTED), ("text", NESTED), ("html", ESCAPED)])
def test_where_a_library_runs_out_of_stack_the_text_stays_as_it_is(output_format: OutputFormat, text: str) -> None:
    # The library's modules are imported by then, which needs room as well.
    format_text("a", output_format)

    def descend(levels: int) -> str:
        return descend(levels - 1) if levels else format_text(NESTED, output_format)

    assert descend(sys.getrecursionlimit() - len(inspect.stack()) - 150) == text


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("text", ["", "  \n\t\n"])
def test_an_empty_text_is_a_finding_in_every_format(output_format: OutputFormat, text: str) -> None:
    assert format_text(text, output_format) == ""
    assert format_findings(text, output_format) == (
        Finding(check="empty", message="is empty: write the text that was asked for."),
    )


def test_json_that_is_none_is_a_finding_with_its_place() -> None:
    assert format_findings('{\n"a": }', "json") == (
        Finding(
            check="json",
            message="is not valid JSON: expecting value. Write one JSON value and nothing else.",
            where=Place(line=2, column=6, quote="}"),
        ),
    )


def test_a_sound_text_has_no_findings() -> None:
    assert [format_findings("{}", output_format) for output_format in FORMATS] == [()] * 4
