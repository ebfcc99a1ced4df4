import pytest

from domain.content.checks.placeholders import PlaceholdersCheck
from domain.content.finding import Finding, Place


def find(text: str, *allow: str) -> list[str]:
    findings = PlaceholdersCheck(allow=allow).judge(text)
    return [finding.where.quote or "" for finding in findings if finding.where is not None]


@pytest.mark.parametrize(
    "text",
    [
        "[TODO]",
        "[TODO: add the date]",
        "[Your Name]",
        "[your company]",
        "[insert date here]",
        "[Company Name]",
        "[TK]",
        "[XX]",
        r"\[Insert name\]",
        "{{ first_name }}",
        "{{topic}}",
        "${price}",
        "<insert date>",
        "<your name>",
        "&lt;insert date&gt;",
        "Lorem ipsum",
        "TODO",
        "TBD",
        "XXXX",
    ],
)
def test_finds_what_is_left_to_fill_in(text: str) -> None:
    assert find(f"Dear {text}, hello.") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "[your account](https://example.org)",
        "[your account][1]",
        "[your account]: https://example.org",
        "[1] and [x] and [sic]",
        "[yours truly]",
        "a todo list, Super Bowl XXX",
        "<p>insert a coin</p> and <b>your</b>",
        "5 < 6 and your name > mine",
        "{ a } and { { b } }",
        "$5 {a}",
        "`{{ slot }}` in code",
        "```\n[TODO]\n{{ slot }}\n```",
        "<pre>TODO</pre>",
        "",
    ],
)
def test_leaves_alone_what_is_meant(text: str) -> None:
    assert find(text) == []


def test_what_is_allowed_may_stay() -> None:
    assert find("{{ first_name }} {{ last_name }}", "{{ first_name }}") == ["{{ last_name }}"]


def test_a_finding_says_where_and_what_to_do() -> None:
    assert PlaceholdersCheck().judge("a\n b TBD") == (
        Finding(
            check="placeholders",
            message='has the placeholder "TBD": write what belongs there, or leave it out.',
            where=Place(line=2, column=4, quote="TBD"),
        ),
    )


def test_the_first_20_are_told() -> None:
    assert find("TODO " * 50) == ["TODO"] * 20
