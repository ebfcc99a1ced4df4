import pytest

from domain.content.formats import format_text
from domain.content.formats.nesting import is_well_formed

LINK = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("# T\n\na **b** *c*", "<h1>T</h1>\n<p>a <strong>b</strong> <em>c</em></p>"),
        ("[a](https://b.c)", f'<p><a href="https://b.c" {LINK}>a</a></p>'),
        ("[a](javascript:b)", "<p>[a](javascript:b)</p>"),
        ("![a *b*](https://c.d/e.png)", f'<p><a href="https://c.d/e.png" {LINK}>a b</a></p>'),
        ("![](https://c.d/e.png)", f'<p><a href="https://c.d/e.png" {LINK}>https://c.d/e.png</a></p>'),
        ("a <script>b</script>", "<p>a &lt;script&gt;b&lt;/script&gt;</p>"),
        ("```py\na<b\n```", '<pre><code class="language-py">a&lt;b\n</code></pre>'),
        (
            "|a|\n|-|\n|b|",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>",
        ),
    ],
)
def test_html_is_made_from_markdown(draft: str, text: str) -> None:
    assert format_text(draft, "html") == text


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("<p onclick='a'>b</p>", "<p>b</p>"),
        ("<p style='a'>b<br/>c</p>\n<hr>", "<p>b<br>c</p>\n<hr>"),
        ("<p>a</p><script>b</script>", "<p>a</p>"),
        ("<p>a<img src='https://b.c'></p>", "<p>a</p>"),
        ("<a href='javascript:b'>c</a>", f"<a {LINK}>c</a>"),
        ("<div><p>a &amp; b</p></div>", "<div><p>a &amp; b</p></div>"),
        ("```html\n<p>a</p>\n```", "<p>a</p>"),
        ("<p>a <em>b</em></p>", "<p>a <em>b</em></p>"),
    ],
)
def test_html_that_is_well_formed_is_only_sanitised(draft: str, text: str) -> None:
    assert format_text(draft, "html") == text


def test_html_that_is_not_well_formed_is_shown_and_not_run() -> None:
    assert format_text("<p>a<b>b</p>", "html") == "<p>&lt;p&gt;a&lt;b&gt;b&lt;/p&gt;</p>"


@pytest.mark.parametrize("draft", ["[" * 30_000, "a\n\nb" + "<" * 30_000, "*a **b " * 400 + "c** d* " * 400])
def test_what_costs_too_much_is_escaped_in_paragraphs(draft: str) -> None:
    escaped = draft.strip().replace("<", "&lt;").replace("\n\n", "</p>\n<p>")

    assert format_text(draft, "html") == f"<p>{escaped}</p>"


@pytest.mark.parametrize(
    ("text", "is_sound"),
    [
        ("<p>a</p>", True),
        ("<p>a<br>b<hr/></p>", True),
        ("<P Class='a' title=\"b\" hidden>a</p>", True),
        ("a <p>b</p>", False),
        ("<p>a</p> b", False),
        ("<p>a", False),
        ("<p>a</b>", False),
        ("</p>", False),
        ("<b><i>a</b></i>", False),
        ("<p>a < b</p>", False),
        ("<!-- a --><p>b</p>", False),
        ("<b>" * 129 + "</b>" * 129, False),
        ("<p>" + "&amp;" * 20_001 + "</p>", False),
        ("", False),
    ],
)
def test_well_formed_is_what_is_closed_in_order(text: str, is_sound: bool) -> None:
    assert is_well_formed(text) is is_sound
