"""Prompt sets in a folder: one broken file does not take the others down, and says where it is broken."""

from pathlib import Path

from adapters.prompts.files import read_prompt_files
from domain.content.prompt_file import FileFaults
from domain.content.prompt_set import encode_prompt_set
from domain.content.yaml_text import read_yaml
from domain.errors import Fault

NOTE = """\
name: note
title: Note
inputs: {type: object, properties: {topic: {type: string}}}
output_format: text
prompts:
  generator: {user: "Write about {{ topic }}."}
checks:
  - check: words
    min: 2
"""


def write(folder: Path, **sources: str | bytes) -> None:
    for name, source in sources.items():
        data = source if isinstance(source, bytes) else source.encode()
        (folder / name.replace("_yaml", ".yaml").replace("_yml", ".yml")).write_bytes(data)


def find_lines(folder: Path) -> list[str]:
    _, broken = read_prompt_files(folder)
    return [line for faults in broken for line in faults.lines]


def test_a_file_gives_name_content_source_and_path(tmp_path: Path) -> None:
    write(tmp_path, note_yaml=NOTE)

    [file], broken = read_prompt_files(tmp_path)

    assert broken == ()
    assert (file.name, file.path, file.source) == ("note", "note.yaml", NOTE)
    assert file.content == encode_prompt_set(read_yaml(NOTE).value)


def test_files_come_by_name_and_only_yaml_that_is_not_hidden_counts(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    write(tmp_path, **{".note.yaml": "x", "note.yaml~": "x", "read.md": "x", "note.yml": NOTE})
    write(tmp_path, brief_yaml=NOTE.replace("note", "brief"))

    files, broken = read_prompt_files(tmp_path)

    assert ([file.path for file in files], broken) == (["brief.yaml", "note.yml"], ())


def test_a_broken_file_leaves_the_others_in_use(tmp_path: Path) -> None:
    write(tmp_path, a_yaml="a: b: c", note_yaml=NOTE, z_yaml="[")

    files, broken = read_prompt_files(tmp_path)

    assert [file.name for file in files] == ["note"]
    assert [faults.path for faults in broken] == ["a.yaml", "z.yaml"]


def test_a_fault_is_told_with_file_line_and_field(tmp_path: Path) -> None:
    write(tmp_path, note_yaml=NOTE.replace("min:", "mn:"))

    message = "is not an option of words; did you mean min?"
    fault = Fault(pointer="/checks/0/mn", message=message, line=9)
    _, [faults] = read_prompt_files(tmp_path)
    assert faults == FileFaults(path="note.yaml", faults=(fault,))
    assert faults.lines == (f"note.yaml:9: /checks/0/mn {message}",)


def test_a_name_that_differs_from_the_files_is_refused_in_its_line(tmp_path: Path) -> None:
    write(tmp_path, memo_yaml=f"# A comment.\n{NOTE}")

    line = "memo.yaml:2: /name is note, but the file is named memo.yaml; give both the same name"
    assert find_lines(tmp_path) == [line]


def test_the_second_of_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    write(tmp_path, note_yaml=NOTE, note_yml=NOTE)

    files, _ = read_prompt_files(tmp_path)

    assert [file.path for file in files] == ["note.yaml"]
    assert find_lines(tmp_path) == [
        "note.yml: has the same name as note.yaml, which is used; remove one of the two files"
    ]


def test_a_file_of_more_than_256_kb_is_refused_unread(tmp_path: Path) -> None:
    write(tmp_path, note_yaml=NOTE + "#" * 256 * 1024)

    assert find_lines(tmp_path) == ["note.yaml: is larger than 256 kB, which is all that a prompt set may have"]


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "note.yaml").symlink_to(tmp_path / "gone")

    assert find_lines(tmp_path) == ["note.yaml: can't be read: No such file or directory"]


def test_a_folder_that_is_not_there_is_told_with_the_setting(tmp_path: Path) -> None:
    folder = tmp_path / "gone"

    reason = "can't be read as the folder of prompt set files: No such file or directory; check PROMPTS"
    assert read_prompt_files(folder)[0] == ()
    assert find_lines(folder) == [f"{folder}: {reason}"]
