from typing import Any

import pytest

from domain.content.checks import CHECK_KINDS, cheapest_first, make_check, truncated_finding
from domain.content.checks.assistant_talk import AssistantTalkCheck
from domain.content.checks.characters import CharactersCheck
from domain.content.checks.forbidden_pattern import ForbiddenPatternCheck
from domain.content.checks.forbidden_phrases import ForbiddenPhrasesCheck
from domain.content.checks.front_matter import FrontMatterCheck
from domain.content.checks.headings import HeadingsCheck
from domain.content.checks.json_schema import JsonSchemaCheck
from domain.content.checks.keywords import KeywordsCheck
from domain.content.checks.language import LanguageCheck
from domain.content.checks.links import LinksCheck
from domain.content.checks.markdown import MarkdownCheck
from domain.content.checks.placeholders import PlaceholdersCheck
from domain.content.checks.readability import ReadabilityCheck
from domain.content.checks.reading_level import ReadingLevelCheck
from domain.content.checks.repetition import RepetitionCheck
from domain.content.checks.required_pattern import RequiredPatternCheck
from domain.content.checks.required_phrases import RequiredPhrasesCheck
from domain.content.checks.sentences import SentencesCheck
from domain.content.checks.words import WordsCheck
from domain.content.finding import Finding
from domain.content.markdown import RULES
from domain.errors import InvalidRequestError

KINDS = ", ".join(CHECK_KINDS)


def find(spec: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as raised:
        make_check(spec, pointer="/checks/0")
    return [(fault.pointer, fault.message) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("spec", "check"),
    [
        ({"check": "words", "min": 80, "max": 160}, WordsCheck(min=80, max=160)),
        ({"check": "characters", "max": 5, "on": "draft"}, CharactersCheck(max=5, on="draft")),
        ({"check": "required_phrases", "phrases": ["a"]}, RequiredPhrasesCheck(phrases=("a",))),
        (
            {"check": "forbidden_phrases", "phrases": ["a"], "case_sensitive": True, "whole_words": False},
            ForbiddenPhrasesCheck(phrases=("a",), case_sensitive=True, whole_words=False),
        ),
        ({"check": "placeholders", "allow": ["{{ name }}"]}, PlaceholdersCheck(allow=("{{ name }}",))),
        (
            {"check": "headings", "min": 1, "max": 2, "levels": [2], "titles": ["A"], "in_order": True},
            HeadingsCheck(min=1, max=2, levels=(2,), titles=("A",), in_order=True),
        ),
        ({"check": "sentences", "min": 1, "max": 9, "max_words": 30}, SentencesCheck(min=1, max=9, max_words=30)),
        (
            {"check": "keywords", "keywords": ["a"], "coverage": 50, "max_density": 2.5},
            KeywordsCheck(keywords=("a",), coverage=50, max_density=2.5),
        ),
        ({"check": "readability", "min": 50, "language": "de"}, ReadabilityCheck(min=50, language="de")),
        (
            {"check": "reading_level", "max": 9, "formula": "coleman_liau"},
            ReadingLevelCheck(max=9, formula="coleman_liau"),
        ),
        ({"check": "language", "languages": ["en", "de"]}, LanguageCheck(languages=("en", "de"))),
        (
            {"check": "links", "hosts": ["example.org"], "schemes": ["https"], "relative": True},
            LinksCheck(hosts=("example.org",), schemes=("https",), relative=True),
        ),
        ({"check": "markdown", "allow": ["html"]}, MarkdownCheck(allow=("html",))),
        (
            {"check": "forbidden_pattern", "pattern": "a+b", "advice": "Drop it."},
            ForbiddenPatternCheck(pattern="a+b", advice="Drop it."),
        ),
        (
            {"check": "required_pattern", "pattern": "a+b", "advice": "Add it.", "case_sensitive": False},
            RequiredPatternCheck(pattern="a+b", advice="Add it.", case_sensitive=False),
        ),
        ({"check": "assistant_talk", "allow": ["Sure, here"]}, AssistantTalkCheck(allow=("Sure, here",))),
        ({"check": "repetition", "words": 4, "times": 3}, RepetitionCheck(words=4, times=3)),
        ({"check": "front_matter", "required": ["title"]}, FrontMatterCheck(required=("title",))),
        ({"check": "json_schema", "schema": {"type": "object"}}, JsonSchemaCheck(schema={"type": "object"})),
    ],
)
def test_every_kind_is_made_from_its_options(spec: dict[str, Any], check: object) -> None:
    assert make_check(spec) == check


@pytest.mark.parametrize(
    ("spec", "pointer", "message"),
    [
        (5, "", "must be an object like {check: words, min: 100}"),
        ({"check": "words", "min": float("nan")}, "/min", "must be a finite number"),
        ({}, "/check", f"is missing: the checks are {KINDS}"),
        ({"check": "wrds"}, "/check", f"is no check; did you mean words?; the checks are {KINDS}"),
        ({"check": ["words"]}, "/check", f"is no check; did you mean words?; the checks are {KINDS}"),
        ({"check": "words", "min": 3, "mx": 4}, "/mx", "is not an option of words; did you mean max?"),
        ({"check": "words", "min": 3, "zzz": 4}, "/zzz", "is not an option of words; its options are on, min, max"),
        ({"check": "words", "min": "3"}, "/min", "must be a whole number"),
        ({"check": "words", "min": True}, "/min", "must be a whole number"),
        ({"check": "words", "min": 0}, "/min", "must be at least 1"),
        ({"check": "words", "min": 5, "on": "draught"}, "/on", "must be one of draft, output; did you mean draft?"),
        ({"check": "words"}, "", "needs at least one of its options"),
        ({"check": "words", "min": 5, "max": 4}, "/min", "is above max (4)"),
        ({"check": "characters", "min": 5_000, "max": 4_000}, "/min", "is above max (4,000)"),
        ({"check": "required_phrases"}, "/phrases", "is missing: list the phrases"),
        ({"check": "forbidden_phrases", "phrases": []}, "/phrases", "has 0 items and needs at least 1"),
        ({"check": "forbidden_phrases", "phrases": [""]}, "/phrases/0", "is empty"),
        ({"check": "headings"}, "", "needs at least one of its options"),
        ({"check": "headings", "in_order": True}, "", "needs at least one of its options"),
        ({"check": "headings", "levels": [7]}, "/levels/0", "must be at most 6"),
        ({"check": "headings", "min": 3, "max": 2}, "/min", "is above max (2)"),
        ({"check": "headings", "titles": ["A", "B"], "max": 1}, "/titles", "lists more headings than max (1)"),
        (
            {"check": "json_schema", "schema": {"items": {"typ": "string"}}},
            "/schema/items/typ",
            "is not a keyword of JSON Schema that can be used here; did you mean type?",
        ),
        ({"check": "json_schema", "schema": 5}, "/schema", "must be an object of names and values"),
        ({"check": "sentences"}, "", "needs at least one of its options"),
        ({"check": "keywords"}, "/keywords", "is missing: list the search terms"),
        ({"check": "keywords", "keywords": ["a"], "coverage": 101}, "/coverage", "must be at most 100"),
        ({"check": "readability"}, "", "needs at least one of its options"),
        ({"check": "readability", "min": 60, "max": 50}, "/min", "is above max (50)"),
        (
            {"check": "readability", "min": 60, "language": "dee"},
            "/language",
            "must be one of en, de, es, fr, it, nl; did you mean de?",
        ),
        ({"check": "reading_level", "max": 99}, "/max", "must be at most 30"),
        (
            {"check": "reading_level", "max": 9, "formula": "colman_liau"},
            "/formula",
            "must be one of flesch_kincaid, coleman_liau; did you mean coleman_liau?",
        ),
        ({"check": "language"}, "/languages", "is missing: list the codes of the languages, like [en]"),
        (
            {"check": "language", "languages": ["en", "german"]},
            "/languages/1",
            "is no language that can be told; did you mean de?",
        ),
        (
            {"check": "language", "languages": ["?"]},
            "/languages/0",
            "is no language that can be told; give a code of ISO 639-1, like en or de",
        ),
        (
            {"check": "links", "hosts": ["https://a.org"]},
            "/hosts/0",
            "does not have the form that is asked for (^[a-z0-9.-]+$), for example example.org",
        ),
        ({"check": "links", "min": 3, "max": 2}, "/min", "is above max (2)"),
        (
            {"check": "markdown", "allow": ["htlm"]},
            "/allow/0",
            f"must be one of {', '.join(RULES)}; did you mean html?",
        ),
        (
            {"check": "forbidden_pattern", "pattern": "a"},
            "/advice",
            "is missing: say how the writer mends it, as a request",
        ),
        (
            {"check": "forbidden_pattern", "pattern": "(a", "advice": "x"},
            "/pattern",
            "is not a regular expression that can be used here (missing ): (a); RE2 has no look-around and no back "
            "references; (?i), (?s) and (?m) are allowed at its beginning",
        ),
        (
            {"check": "required_pattern", "pattern": "a*", "advice": "x"},
            "/pattern",
            "matches the empty text, so it is found everywhere; ask for at least one character",
        ),
        ({"check": "repetition", "words": 1}, "/words", "must be at least 2"),
        (
            {"check": "front_matter", "schema": {"tpye": "object"}},
            "/schema/tpye",
            "is not a keyword of JSON Schema that can be used here; did you mean type?",
        ),
    ],
)
def test_a_fault_says_where_and_what(spec: Any, pointer: str, message: str) -> None:
    found = find(spec)

    assert (f"/checks/0{pointer}", message) in found
    assert len(found) <= 2


def test_all_faults_of_a_check_are_told_at_once() -> None:
    assert [pointer for pointer, _ in find({"check": "words", "mn": 5, "max": "x"})] == [
        "/checks/0/mn",
        "/checks/0/max",
    ]


def test_the_cheapest_check_comes_first_and_equals_keep_their_order() -> None:
    first, second = HeadingsCheck(max=1), HeadingsCheck(max=2)
    schema, words = JsonSchemaCheck(schema={}), WordsCheck(min=1)

    assert cheapest_first([schema, first, words, second]) == (words, first, second, schema)


def test_a_check_of_another_kind_comes_last() -> None:
    class Other(WordsCheck):
        pass

    other, schema = Other(min=1), JsonSchemaCheck(schema={})

    assert cheapest_first([other, schema]) == (schema, other)


def test_every_kind_has_an_option_for_each_of_its_fields() -> None:
    for name, kind in CHECK_KINDS.items():
        fields = {attribute.name for attribute in kind.__attrs_attrs__}  # type: ignore[attr-defined]
        assert (name, fields) == (kind.kind, {"on", *kind.options["properties"]})


def test_a_text_that_was_cut_has_a_finding_of_its_own() -> None:
    assert truncated_finding(4096) == Finding(
        check="truncated",
        message="was cut off at 4,096 output tokens: write a shorter text that comes to its end.",
    )
