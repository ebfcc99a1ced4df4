import pytest

from domain.content.checks import make_check
from domain.content.formats import format_text


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("Title\n=====\n\n\n\n* one\n* two", "# Title\n\n- one\n- two"),
        ("1. one\n1. two\n1. three", "1. one\n2. two\n3. three"),
        ("a\n\n***\n\nb", "a\n\n---\n\nb"),
        ("a  \nb\r\nc\x00", "a\\\nb\nc\ufffd"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("- [ ] task\n- [x] done", "- [ ] task\n- [x] done"),
        ("[Your Name], {{ x }} and <insert date>", "[Your Name], {{ x }} and <insert date>"),
        ("```py\nx  =  1\n```", "```py\nx  =  1\n```"),
        ("Here is your text:\n\n```markdown\n* one\n```", "- one"),
        ("Don\u2019t \u2014 \u201cquote\u201d \U0001f600 é", "Don\u2019t \u2014 \u201cquote\u201d \U0001f600 é"),
    ],
)
def test_markdown_has_one_style(draft: str, text: str) -> None:
    assert format_text(draft, "markdown") == text


@pytest.mark.parametrize(
    "draft",
    [
        "[unused]: https://example.org 'words that a reader never sees'",
        "- " * 60 + "deep",
        "*a **b " * 400 + "c** d* " * 400 + "x",
        "word\n" * 50_000 + "end",
    ],
)
def test_what_would_lose_words_or_cost_too_much_stays_as_it_is(draft: str) -> None:
    assert format_text(draft, "markdown") == draft


FRONT = '---\ntitle: "Lamps"\ntags:\n  * oak\ndate:   2026-01-31\n---'


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        (f"{FRONT}\n* one\n* two", f"{FRONT}\n\n- one\n- two"),
        (f"\n\n{FRONT}\n\n\n\nTitle\n=====", f"{FRONT}\n\n# Title"),
        (f"{FRONT}\n", FRONT),
        (f"Here is your post:\n\n```markdown\n{FRONT}\n\n* one\n```", f"{FRONT}\n\n- one"),
        ("---\ntitle: a: b\n---\n\n* one", "---\ntitle: a: b\n---\n\n- one"),
        ("---\ntitle: A\n...\n\n* one", "---\ntitle: A\n...\n\n- one"),
    ],
)
def test_front_matter_stays_as_it_is(draft: str, text: str) -> None:
    assert format_text(draft, "markdown") == text
    assert format_text(text, "markdown") == text


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("---\n\nA paragraph.\n\n---\n\n* one", "---\n\nA paragraph.\n\n---\n\n- one"),
        ("---\n* one\n---\n* two", "---\n\n- one\n\n---\n\n- two"),
        ("---\ntitle: never closed", "---\n\ntitle: never closed"),
    ],
)
def test_rules_of_markdown_are_no_front_matter(draft: str, text: str) -> None:
    assert format_text(draft, "markdown") == text


def test_a_text_with_front_matter_passes_its_check_when_it_is_formatted() -> None:
    check = make_check({"check": "front_matter", "required": ["title", "date"]})

    assert check.judge(format_text(f"{FRONT.replace('*', '-')}\n\nText", "markdown")) == ()
