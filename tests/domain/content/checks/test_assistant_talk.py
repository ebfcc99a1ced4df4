import pytest

from domain.content.checks.assistant_talk import AssistantTalkCheck
from domain.content.finding import Finding, Place


def find(text: str, *allow: str) -> list[str]:
    findings = AssistantTalkCheck(allow=allow).judge(text)
    return [finding.where.quote or "" for finding in findings if finding.where is not None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("As an AI, I can't taste.", "As an AI,"),
        ("Well, as a large language model I", "as a large language model"),
        ("I\u2019m sorry, but I can\u2019t do", "I\u2019m sorry, but I can\u2019t"),
        ("Here is your blog post:\n\n# A", "Here is your blog post"),
        ("**Here's the revised product description**", "Here's the revised product description"),
        ("Sure, I can write that.", "Sure, I can"),
        ("Certainly! Here are three.", "Certainly! Here"),
        ("I've rewritten the text.", "I've rewritten"),
        ("a\n\nI hope this helps!", "I hope this helps"),
        ("Let me know if you'd like any changes!", "Let me know if you'd like any changes"),
        ("Would you like me to go on?", "Would you like me to"),
        ("a\n\n(Word count: 512)", "Word count: 5"),
        ("a\n\n[End of article]", "[End of article]"),
    ],
)
def test_talk_to_whoever_asked_is_found(text: str, said: str) -> None:
    assert find(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "An AI model is a program. As an airline, we fly.",
        "Here is your chance to try it.",
        "A lamp. Here is your lamp.",
        "Sure, the lamp is bright.",
        "Let me know if it rains.",
        "I cannot recommend it enough.",
    ],
)
def test_talk_to_the_reader_is_left_alone(text: str) -> None:
    assert find(text) == []


def test_a_finding_says_where_and_what_to_do() -> None:
    assert AssistantTalkCheck().judge("A lamp.\nI hope this helps.") == (
        Finding(
            check="assistant_talk",
            message='talks to whoever asked for it ("I hope this helps"): take it out, write only the text.',
            where=Place(line=2, column=1, quote="I hope this helps"),
        ),
    )


def test_what_is_allowed_may_be_said() -> None:
    assert find("Feel free to  adjust the salt.", "feel free to adjust") == []


def test_talk_is_seen_while_the_text_grows_as_soon_as_its_last_word_has_ended() -> None:
    check = AssistantTalkCheck(on="draft")
    text = "A lamp. I hope this helps."

    ends = [end for end in range(1, len(text) + 1) if check.scan(text[:end], end - 1) is not None]

    assert [text[:end] for end in ends] == [text]
    assert check.scan("x " * 400 + text, 798) is not None
    assert check.scan(text + " x" * 400, 600) is None
    assert check.scan("I hope this helps " + "x" * 200, 201) is None
