"""Laws of every check, over any text."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given

from domain.content.check import Check, PrefixCheck
from domain.content.checks import CHECK_KINDS, make_check
from tests.domain.content.texts import ANY_TEXT, FEW

# Under a tracer megabytes take three times as long, and reach no line that smaller texts don't.
UNTRACED = pytest.mark.no_cover

PHRASES = ["in conclusion", "oak", "a-b", "[", "!!"]
SPECS: tuple[dict[str, Any], ...] = (
    {"check": "words", "min": 3, "max": 5},
    {"check": "characters", "min": 3, "max": 20},
    {"check": "required_phrases", "phrases": PHRASES},
    {"check": "forbidden_phrases", "phrases": PHRASES},
    {"check": "forbidden_phrases", "phrases": PHRASES, "whole_words": False, "case_sensitive": True},
    {"check": "placeholders"},
    {"check": "headings", "min": 1, "max": 2, "levels": [2], "titles": ["a", "word"], "in_order": True},
    {"check": "forbidden_phrases", "phrases": [*PHRASES, "conclusion"], "near_spellings": True},
    {"check": "sentences", "min": 1, "max": 2, "max_words": 3},
    {"check": "keywords", "keywords": ["oak", "a-b", "!"], "coverage": 50, "max_density": 1},
    {"check": "readability", "min": 100, "language": "fr"},
    {"check": "reading_level", "max": 1, "formula": "coleman_liau"},
    {"check": "language", "languages": ["de"]},
    {"check": "links", "max": 1, "hosts": ["example.org"]},
    {"check": "markdown"},
    {"check": "forbidden_pattern", "pattern": r"(?i)\boak\b|a$", "advice": "Say wood."},
    {"check": "required_pattern", "pattern": r"\pL{3}", "advice": "Write."},
    {"check": "assistant_talk"},
    {"check": "repetition", "words": 2},
    {"check": "front_matter", "required": ["a"], "schema": {"required": ["b"]}},
    {"check": "json_schema", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
)
CHECKS = tuple(make_check(spec) for spec in SPECS)
PREFIX_CHECKS = tuple(check for check in CHECKS if isinstance(check, PrefixCheck))
LARGE = {
    "white space": " \n" * 50_000,
    "lines": "\n" * 100_000,
    "words": "oak and " * 20_000,
    "sentences": "Oak. " * 20_000,
    "brackets": "[" * 100_000,
    "links": "[a](" * 30_000,
    "references": "[a][b]" * 20_000,
    "addresses": "http://a www." * 8_000,
    "attributes": 'href="' * 20_000,
    "tables": "a|b\n-|-\n" * 15_000,
    "rows": "|a|b\n|-|-\n" + "|a|\n" * 30_000,
    "headings": "# \n" * 30_000,
    "braces": "{{" * 50_000,
    "tags": "<a " * 30_000,
    "blocks": "<p>a</p><h1>" * 8_000,
    "code": "`" * 100_000,
    "fences": "```\n" * 25_000,
    "openings": "[your " * 20_000,
    "talk": "as an ai here is your " * 5_000,
    "front matter": "---\n" + "a: b\n" * 20_000,
    "marks": "!" * 100_000,
    "halves": "\ud800" * 100_000,
    "nul": "\x00" * 100_000,
    "emoji": "\U0001f600 " * 50_000,
    "right to left": "\u0645\u0631\u062d\u0628\u0627 " * 15_000,
    "accents": "a" + "\u0301" * 100_000,
    "todos": "TODO " * 20_000,
    "unclosed code": "<pre>\n" * 16_000,
    "closed code": "<pre></pre>" * 9_000,
    "short sentences": "a. " * 33_000,
    "short sentences without spaces": "\u8336\u3002" * 50_000,
    "short lines without spaces": "\u8336\u3002\n" * 33_000,
}
"""What would take minutes if a check looked at anything twice."""


def test_the_kinds_are_all_here() -> None:
    assert {spec["check"] for spec in SPECS} == set(CHECK_KINDS)


@FEW
@given(ANY_TEXT)
def test_a_check_never_raises_and_its_findings_are_fit_for_any_encoder(text: str) -> None:
    for check in CHECKS:
        findings = check.judge(text)
        assert msgspec.json.encode(findings)
        assert check.judge(text) == findings


@FEW
@given(ANY_TEXT)
def test_a_place_is_in_the_text(text: str) -> None:
    lines = text.split("\n")
    for finding in (finding for check in CHECKS for finding in check.judge(text)):
        where = finding.where
        if where is not None and where.line is not None and where.column is not None:
            assert where.column <= len(lines[where.line - 1]) + 1


@FEW
@given(ANY_TEXT)
def test_what_is_wrong_with_a_beginning_is_wrong_with_the_whole(text: str) -> None:
    for check in PREFIX_CHECKS:
        for end in range(len(text) + 1):
            if check.scan(text[:end], max(0, end - 1)) is not None:
                assert check.judge(text)
                break


@UNTRACED
@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_a_large_text_takes_linear_time(text: str) -> None:
    for check in CHECKS:
        started = time.process_time()

        check.judge(text)

        assert time.process_time() - started < 2


@UNTRACED
@pytest.mark.parametrize("check", CHECKS, ids=[spec["check"] for spec in SPECS])
def test_ten_megabytes_are_no_trouble(check: Check) -> None:
    assert isinstance(check.judge("a" * 10_000_000), tuple)


@UNTRACED
@pytest.mark.parametrize("check", PREFIX_CHECKS, ids=[type(check).__name__ for check in PREFIX_CHECKS])
def test_looking_at_a_text_while_it_grows_takes_linear_time(check: PrefixCheck) -> None:
    text = "Oaks and elms. \n\n" * 3_000
    started = time.process_time()

    for end in range(40, len(text), 40):
        check.scan(text[:end], end - 40)

    assert time.process_time() - started < 4
