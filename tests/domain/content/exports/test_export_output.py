"""Every format of output as every kind of file."""

from __future__ import annotations

import io
import json
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.text.paragraph import Paragraph
from hypothesis import given
from hypothesis import strategies as st

from domain.content.exports import EXPORTS, ExportFormat, export_output
from domain.run.model import OutputFormat
from tests.domain.content.texts import ANY_TEXT, FEW

RICH = """\
# Oak lamp

A **bold**, *slanted*, ~~wrong~~ and `coded` word, [a link](https://example.org/a) and a\\
second line.

1. one
   - under one
2. two

   still two

> quoted **well**

```python
if x:
    print("a")
```

| Size | Price |
| --- | --- |
| 45 cm | 1\\*2 |

---

3. three
"""
RICH_TEXT = """\
Oak lamp

A bold, slanted, wrong and coded word, a link (https://example.org/a) and a
second line.

1. one
   - under one

2. two

   still two

quoted well

if x:
    print("a")

Size\tPrice
45 cm\t1*2

---

3. three
"""
FORMATS: tuple[OutputFormat, ...] = ("markdown", "html", "json", "text")


def export(output: str, output_format: OutputFormat, to: ExportFormat) -> str:
    return export_output(output, output_format, to, title="lamp").data.decode()


def open_docx(output: str, output_format: OutputFormat = "markdown") -> Any:
    return docx.Document(io.BytesIO(export_output(output, output_format, "docx", title="lamp").data))


def styles(opened: Any) -> list[tuple[str, str]]:
    return [(one.style.name, one.text) for one in opened.paragraphs]


def find_run(paragraph: Paragraph, text: str) -> Any:
    [found] = [run for run in paragraph.runs if run.text == text]
    return found


def test_markdown_stays_as_it_is() -> None:
    assert export(RICH, "markdown", "md") == RICH


def test_markdown_becomes_text_that_reads_well() -> None:
    assert export(RICH, "markdown", "txt") == RICH_TEXT


def test_html_becomes_markdown_that_makes_the_same_html_again() -> None:
    page = export(RICH, "markdown", "html")
    body = page.partition("<body>\n")[2].partition("\n</body>")[0]

    assert f"<body>\n{body}\n</body>" in export(export(body, "html", "md"), "markdown", "html")


def test_a_page_is_whole_and_lets_nothing_run_or_load() -> None:
    page = export("# A <b>\n\n<script>alert(1)</script>\n\n![x](http://a.b/c.png)", "markdown", "html")

    assert page.startswith('<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n')
    assert 'content="default-src &#x27;none&#x27;; style-src' in page
    assert "<title>A &lt;b&gt;</title>" in page
    assert "<script" not in page
    assert "<img" not in page
    assert '<a href="http://a.b/c.png" rel="noopener noreferrer">x</a>' in page


def test_json_stays_as_it_is_and_other_outputs_are_wrapped() -> None:
    assert export('{"a":  1}', "json", "json") == '{"a":  1}\n'
    assert json.loads(export("# A\n\nb", "markdown", "json")) == {
        "title": "A",
        "format": "markdown",
        "text": "# A\n\nb",
    }


def test_json_is_read_as_somebody_would_read_it() -> None:
    value = {
        "title": "Q & A",
        "open": True,
        "none": None,
        "tags": ["x", 2],
        "empty": [],
        "faq": [{"q": "1*"}, {"q": "b"}],
    }

    assert export(json.dumps(value), "json", "md") == (
        "**title:** Q & A\n\n**open:** yes\n\n**none:** none\n\n## tags\n\n- x\n- 2\n\n## empty\n\n"
        "## faq\n\n**q:** 1\\*\n\n---\n\n**q:** b\n"
    )


def test_json_of_a_single_value_is_a_line() -> None:
    assert export("7", "json", "txt") == "7\n"


def test_what_is_no_json_is_read_as_text() -> None:
    assert export("{a\nb", "json", "txt") == "{a\nb\n"


def test_plain_text_is_never_read_as_markup() -> None:
    text = "# no heading\n1. *no* list\n\n<b>no tag</b>"

    assert export(text, "text", "txt") == f"{text}\n"
    assert styles(open_docx(text, "text")) == [("Normal", "# no heading\n1. *no* list"), ("Normal", "<b>no tag</b>")]


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("<p># a</p>", "\\# a"),
        ("<p>1. a</p>", "1\\. a"),
        ("<p>a<br>- b</p>", "a\\\n\\- b"),
        ("<p>a_b [c] `d`</p>", "a\\_b \\[c\\] \\`d\\`"),
        ("<p><code>a`b</code></p>", "``a`b``"),
        ("<p><code>`a</code></p>", "`` `a ``"),
        ("<p>a<b> b </b>c</p>", "a **b** c"),
        ('<p><a href="http://a.b/(c)">d</a></p>', "[d](http://a.b/%28c%29)"),
        ("<p><b><br></b>a<i> </i>b</p>", "a b"),
        ("<pre>```\na</pre>", "````\n```\na\n````"),
        ("<p>H<sub>2</sub>O <u>x</u></p>", "H2O x"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "**a**\n\nb"),
        ("<ul></ul><p>a</p>", "a"),
        ("<ul><p>a</p></ul>", "a"),
        ("<li>a</li>", "a"),
        ("<ul><li><h2>a</h2><p>b</p></li></ul>", "- ## a\n\n  b"),
        ('<ol start="x"><li>a</li></ol>', "1. a"),
        (
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>",
            "|  |  |\n| --- | --- |\n| a | b |\n| c |  |",
        ),
        ("<table></table><p>a</p>", "a"),
        ("<blockquote><ul><li>a</li></ul></blockquote>", "> - a"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<p>a<b> </b></p>", "a"),
        ("<p>a</p></p>", "a"),
        ("<p>a\xa0b</p>", "a\xa0b"),
    ],
)
def test_html_is_written_as_markdown_that_says_the_same(markup: str, markdown: str) -> None:
    assert export(markup, "html", "md") == f"{markdown}\n"


def test_a_link_that_says_its_address_says_it_once() -> None:
    markup = '<p><a href="mailto:a@b.c">a@b.c</a>, <a href="https://a.b">https://a.b</a></p>'

    assert export(markup, "html", "txt") == "a@b.c, https://a.b\n"


def test_a_word_document_has_words_own_headings_lists_quotes_and_code() -> None:
    assert styles(open_docx(RICH)) == [
        ("Heading 1", "Oak lamp"),
        ("Normal", "A bold, slanted, wrong and coded word, a link and a\nsecond line."),
        ("List Number", "one"),
        ("List Bullet 2", "under one"),
        ("List Number", "two"),
        ("List Continue", "still two"),
        ("Quote", "quoted well"),
        ("Normal", 'if x:\n    print("a")'),
        ("Normal", "* * *"),
        ("List Number", "three"),
    ]


def test_a_word_document_has_bold_italic_strike_and_code() -> None:
    opened = open_docx(RICH).paragraphs
    text = opened[1]

    assert find_run(text, "bold").bold is True
    assert find_run(text, "slanted").italic is True
    assert find_run(text, "wrong").font.strike is True
    assert find_run(text, "coded").font.name == "Consolas"
    assert find_run(text, "A ").bold is None
    assert opened[7].runs[0].font.name == "Consolas"


def test_a_word_document_has_links_to_the_web_alone() -> None:
    opened = open_docx("[a](https://a.b/c) [b](//host/share) [c](mailto:d@e.f)")

    assert [(link.text, link.address) for link in opened.paragraphs[0].hyperlinks] == [
        ("a", "https://a.b/c"),
        ("c", "mailto:d@e.f"),
    ]


def test_a_word_document_has_tables_with_a_bold_head() -> None:
    [table] = open_docx(RICH).tables

    assert [[cell.text for cell in row.cells] for row in table.rows] == [["Size", "Price"], ["45 cm", "1*2"]]
    assert [row.cells[0].paragraphs[0].runs[0].bold for row in table.rows] == [True, None]


def test_every_numbered_list_of_a_word_document_begins_with_its_own_number() -> None:
    opened = open_docx("1. a\n2. b\n\ntext\n\n4. c\n")
    numbers = [one._p.pPr.numPr.numId.val for one in opened.paragraphs if one.style.name == "List Number"]
    numbering = opened.part.numbering_part.element
    starts = [
        numbering.num_having_numId(number).lvlOverride_lst[0].xpath("w:startOverride/@w:val")[0]
        for number in (numbers[0], numbers[2])
    ]

    assert numbers[0] == numbers[1] != numbers[2]
    assert starts == ["1", "4"]


def test_lists_in_word_go_three_deep_and_then_stay_there() -> None:
    opened = open_docx("- a\n  - b\n    - c\n      - d\n")

    assert [style for style, _ in styles(opened)] == ["List Bullet", "List Bullet 2", "List Bullet 3", "List Bullet 3"]


def test_an_item_that_begins_with_no_line_gets_an_empty_one() -> None:
    assert styles(open_docx("- > a\n")) == [("List Bullet", ""), ("Quote", "a")]


def test_a_word_document_is_the_same_each_time_and_names_nobody() -> None:
    first, second = (export_output(RICH, "markdown", "docx", title="x").data for _ in range(2))
    about = docx.Document(io.BytesIO(first)).core_properties

    assert first == second
    assert {part.date_time for part in ZipFile(io.BytesIO(first)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert (about.title, about.author, about.comments) == ("Oak lamp", "", "")


def test_characters_that_xml_can_not_hold_are_left_out() -> None:
    assert open_docx("a\x01b\ufffec\x0b **\x02** [x](http://a.b/\x03)").paragraphs[0].text.startswith("abc")


@pytest.mark.parametrize("to", EXPORTS)
def test_an_empty_output_is_a_file_too(to: ExportFormat) -> None:
    made = export_output("", "markdown", to, title="lamp")

    assert (made.filename, made.media_type) == (f"lamp.{to}", EXPORTS[to])


@FEW
@given(ANY_TEXT, st.sampled_from(FORMATS))
def test_any_text_can_be_exported_as_anything(text: str, output_format: OutputFormat) -> None:
    for to in EXPORTS:
        made = export_output(text, output_format, to, title="lamp")
        if to == "docx":
            docx.Document(io.BytesIO(made.data))
        else:
            made.data.decode()
