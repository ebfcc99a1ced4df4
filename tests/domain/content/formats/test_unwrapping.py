import pytest

from domain.content.formats.unwrapping import unwrap


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("Here is your blog post:\n\n# Title", "# Title"),
        ("Here's the revised text:\n\nHello.", "Hello."),
        ("Here\u2019s a draft of the newsletter:\n\nHello.", "Hello."),
        ("Sure! Here is your product description:\n\nHello.", "Hello."),
        ("Certainly, below is the corrected version:\n\nHello.", "Hello."),
        ("**Here is the FAQ:**\n\nHello.", "Hello."),
        ("```markdown\n# Title\n```", "# Title"),
        ("```\nHello.\n```", "Hello."),
        ("````md\n```py\nx\n```\n````", "```py\nx\n```"),
        ("```markdown\na\n\n```py\nx\n```\n\nb\n```", "a\n\n```py\nx\n```\n\nb"),
        ('Here is the JSON:\n```json\n{"a": 1}\n```', '{"a": 1}'),
    ],
)
def test_strips_what_an_assistant_puts_around_a_text(text: str, inner: str) -> None:
    assert unwrap(text) == inner


@pytest.mark.parametrize(
    "text",
    [
        "Here are five reasons:\n\n- one",
        "Here is your chance:\n\nBuy.",
        "Here is your blog post:",
        "Here is your blog post: a title\n\nHello.",
        "Here is your blog post:\nHello.",
        "We said: here is the text:\n\nHello.",
        "```python\nx = 1\n```",
        "```\na\n```\n\nb\n\n```\nc\n```",
        "```markdown\nnot closed",
        "```markdown\na\n```` ",
        "`a`",
        "",
    ],
)
def test_leaves_alone_what_may_be_a_part_of_the_text(text: str) -> None:
    assert unwrap(text) == text
