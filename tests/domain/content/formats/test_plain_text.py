import pytest

from domain.content.formats import format_text


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("# Title\n\nA **bold** *word* and `code`.", "Title\n\nA bold word and code."),
        ("[a](https://b.c) <https://d.e> <f@g.h>", "a (https://b.c) https://d.e f@g.h"),
        ("![alt](https://b.c)", "alt"),
        ("line one  \nline two\nline three", "line one\nline two\nline three"),
        ("Intro:\n* a\n* b\n\nEnd", "Intro:\n\n- a\n- b\n\nEnd"),
        ("- a\n  - b\n  - c\n- d", "- a\n  - b\n  - c\n- d"),
        ("3. a\n4. b\n\n   more", "3. a\n\n4. b\n\n   more"),
        ("1) a\n2) b", "1) a\n2) b"),
        ("- a\n\n  ```\n  code\n  ```", "- a\n\n  code"),
        ("- # Heading\n- b", "- Heading\n- b"),
        ("> quote\n\n---\n\n```\ncode\n```", "quote\n\ncode"),
        ("#summer #oak\n\n2 * 3 * 4 snake_case", "#summer #oak\n\n2 * 3 * 4 snake_case"),
        ("a <b>c</b> &amp; d", "a <b>c</b> & d"),
        ("Here is your text:\n\n😀 Hello", "😀 Hello"),
    ],
)
def test_plain_text_has_no_marks_but_those_of_lists(draft: str, text: str) -> None:
    assert format_text(draft, "text") == text


@pytest.mark.parametrize("draft", ["*" * 30_000, "\\" * 128 + "a"])
def test_what_costs_too_much_or_never_settles_stays_as_it_is(draft: str) -> None:
    assert format_text(draft, "text") == draft
