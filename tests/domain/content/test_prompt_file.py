"""A prompt set file: read whole, or refused with every fault in its line."""

import json

import pytest

from domain.content.prompt_file import SOURCE_LIMIT, FileFaults, read_prompt_file
from domain.errors import Fault, PromptSetError

NOTE = """\
name: note
title: Note
inputs:
  type: object
  properties:
    topic: {type: string}
output_format: text
prompts:
  generator:
    user: Write about {{ topic }}.
"""


def find_faults(data: bytes, path: str | None = None) -> tuple[Fault, ...]:
    with pytest.raises(PromptSetError) as raised:
        read_prompt_file(data, path)
    return raised.value.faults


def test_a_file_is_read_with_its_source_as_it_stands() -> None:
    file = read_prompt_file(NOTE.encode(), "note.yaml")

    assert (file.name, file.source, file.path) == ("note", NOTE, "note.yaml")
    assert file.prompt_set.prompts["generator"].user == "Write about {{ topic }}."


def test_comments_and_layout_do_not_change_the_content() -> None:
    plain = read_prompt_file(NOTE.encode())
    laid_out = read_prompt_file(f"# For notes.\n{NOTE}".replace("title: Note", "title:   'Note'").encode())

    assert (laid_out.content, laid_out.path) == (plain.content, None)


def test_json_is_read_too() -> None:
    file = read_prompt_file(NOTE.encode())

    assert read_prompt_file(json.dumps(json.loads(file.content)).encode()).content == file.content


def test_a_byte_order_mark_is_left_out_of_the_source() -> None:
    assert read_prompt_file(b"\xef\xbb\xbf" + NOTE.encode()).source == NOTE


def test_faults_come_in_the_order_of_their_lines() -> None:
    source = NOTE.replace("topic }}", "topik }}").replace("output_format: text", "output_format: word") + "titel: x\n"

    assert [(fault.line, fault.pointer) for fault in find_faults(source.encode())] == [
        (7, "/output_format"),
        (10, "/prompts/generator/user"),
        (11, "/titel"),
    ]


def test_one_fault_is_counted_as_one() -> None:
    with pytest.raises(PromptSetError, match=r"^The prompt set has 1 fault\.$"):
        read_prompt_file(b"")
    with pytest.raises(PromptSetError, match=r"^The prompt set has 2 faults\.$"):
        read_prompt_file(b"a: 1\nb: 2\na: 1\nb: 2\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; a prompt set has a name, a title, inputs, an output_format and prompts"),
        (b"- name: note", "must hold fields like name: and title:, each at the start of a line"),
        (b"note", "must hold fields like name: and title:, each at the start of a line"),
        (b"a: b: c", "is not valid YAML at column 5: a text with a colon and a space must stand in quotes"),
    ],
)
def test_what_is_no_document_of_fields_is_told_so(data: bytes, message: str) -> None:
    assert find_faults(data) == (Fault(pointer="", message=message, line=1),)


def test_text_in_another_encoding_is_told_with_its_line() -> None:
    message = "is not UTF-8 here; save the file as UTF-8"

    assert find_faults("name: note\ntitle: Café\n".encode("latin-1")) == (Fault(pointer="", message=message, line=2),)


def test_a_file_of_256_kb_is_read_and_a_larger_one_refused() -> None:
    room = b"#" * (SOURCE_LIMIT - len(NOTE.encode()))

    assert read_prompt_file(NOTE.encode() + room).name == "note"
    [fault] = find_faults(NOTE.encode() + room + b"#")
    assert fault.message == "is larger than 256 kB, which is all that a prompt set may have"


def test_the_name_is_that_of_the_file_where_there_is_one() -> None:
    message = "is note, but the file is named memo.yaml; give both the same name"

    assert find_faults(NOTE.encode(), "memo.yaml") == (Fault(pointer="/name", message=message, line=1),)


def test_faults_are_written_as_editors_know_them() -> None:
    faults = FileFaults(
        path="note.yaml",
        faults=(
            Fault(pointer="/checks/0/mn", message="is odd", line=14),
            Fault(pointer="", message="is empty", line=1),
            Fault(pointer="", message="is too large"),
        ),
    )

    assert faults.lines == (
        "note.yaml:14: /checks/0/mn is odd",
        "note.yaml:1: is empty",
        "note.yaml: is too large",
    )


@pytest.mark.parametrize(
    ("user", "lines"),
    [
        ("|\n      Write\n\n      about {{ topik }}\n      and {{ topic | uper }}.", [13, 14]),
        ("|-\n      {% if topik %}x{% endif %}", [11]),
        (">\n      Write\n      about {{ topik }}.", [10]),
        ('"Write\\n about {{ topik }}."', [10]),
    ],
)
def test_a_fault_in_a_template_has_its_own_line_where_the_template_keeps_its_lines(user: str, lines: list[int]) -> None:
    source = NOTE.replace("Write about {{ topic }}.", user)

    assert [fault.line for fault in find_faults(source.encode())] == lines


@pytest.mark.parametrize(
    ("old", "new", "suggested"),
    [
        ("title: Note", "titel: Note", "did you mean title?"),
        ("{{ topic }}", "{{ topci }}", "did you mean topic?"),
        ("{{ topic }}", "{{ topic | lowr }}", "did you mean lower?"),
        ("    user:", "    usr:", "did you mean user?"),
        ("  generator:", "  genrator:", "did you mean generator?"),
        ("output_format: text", "output_format: text\nchecks: [{check: wrds, min: 1}]", "did you mean words?"),
        ("output_format: text", "output_format: text\nchecks: [{check: words, mn: 1}]", "did you mean min?"),
        ("output_format: text", "output_format: text\nlimits: {atempts: 1}", "the limits are attempts"),
        ("output_format: text", "output_format: text\nsamples: [{topc: a}]", "did you mean topic?"),
        ("output_format: text", "output_format: text\nmain_input: topc", "did you mean topic?"),
        ("output_format: text", "output_format: tekst", "must be one of"),
    ],
)
def test_what_is_misspelt_is_told_with_what_may_be_meant(old: str, new: str, suggested: str) -> None:
    faults = find_faults(NOTE.replace(old, new).encode())

    assert any(suggested in fault.message for fault in faults), faults
    assert all(fault.line for fault in faults)
