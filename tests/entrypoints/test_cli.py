"""The command line: what it explains, and how it tells mistakes."""

import pytest

from tests.entrypoints.shell import Shell

NOTE = """\
name: note
title: Note
inputs:
  type: object
  required: [topic]
  properties: {topic: {type: string}, count: {type: integer, maximum: 5}}
output_format: text
prompts: {generator: {user: "Write {{ count }} lines about {{ topic }}."}}
"""
NO_TERMINAL = "There is no terminal to ask for a password;"


@pytest.mark.parametrize(
    "words", [[], ["run"], ["serve"], ["work"], ["migrate"], ["users"], ["users", "add"], ["prompts", "check"]]
)
def test_every_command_explains_itself(shell: Shell, words: list[str]) -> None:
    result = shell.call(*words, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(['galley', *words])} [OPTIONS]")


def test_the_help_names_every_command_with_what_it_does(shell: Shell) -> None:
    listed = shell.call("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split(maxsplit=1) for line in listed] == [
        ["serve", "Serve the page and the API, and work on runs."],
        ["run", "Run a prompt set and show how its text comes about."],
        ["export", "Write the output of a run that has ended as a file."],
        ["migrate", "Bring the store's tables to this version."],
        ["prompts", "List, show, check and publish prompt sets."],
        ["users", "Add, list and change users."],
        ["work", "Work on runs in a process of its own."],
    ]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (["walk"], "No such command 'walk'. See galley --help."),
        (["run"], "Missing argument 'PROMPT'. See galley run --help."),
        (["run", "blog-pots"], "There is no prompt set blog-pots; did you mean blog-post?"),
        (["run", "faq", "-i", "topic"], "-i takes key=value, not 'topic'."),
        (["run", "faq", "--limit", "attempts=two"], "--limit attempts takes a number, not 'two'."),
        (["run", "faq", "--limit", "cost_usd=inf"], "--limit cost_usd takes a number, not 'inf'."),
        (["run", "faq", "--check", "[]"], '--check takes an object such as {"check": "words", "max": 160}.'),
        (["run", "faq", "--output", "/no/such/file"], "--output: the folder /no/such does not exist."),
        (["run", "faq", "--server", "ftp://here"], "--server 'ftp://here' must start with http:// or https://."),
        (["run", "faq", "--server", "https://here"], f"{NO_TERMINAL} set GALLEY_PASSWORD or GALLEY_TOKEN."),
        (["users", "add", "ann"], f"{NO_TERMINAL} use --password-stdin or GALLEY_PASSWORD."),
        (["users", "add", " ann"], "NAME must be 1 to 100 printable characters without spaces at its ends."),
        (["users", "disable", "ann"], "There is no user of that name."),
        (["prompts", "show", "nothing"], "There is no prompt set nothing."),
        (
            ["work"],
            "The store is sqlite, which one process has for itself: `galley serve` works on its runs. A worker of its "
            "own needs one that several share, postgresql:// or redis://.",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line_with_exit_code_2(shell: Shell, call: list[str], line: str) -> None:
    result = shell.call(*call)

    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"galley: {line}\n")


def test_every_fault_of_the_inputs_is_a_line(shell: Shell) -> None:
    (shell.folder / "note.yaml").write_text(NOTE)

    result = shell.call("run", "note", "-i", "count=7", GALLEY_PROMPTS=str(shell.folder))

    assert (result.exit_code, result.stdout) == (2, "")
    assert [line[:22] for line in sorted(result.stderr.splitlines())] == [
        "galley: inputs/count: ",
        "galley: inputs/topic: ",
    ]


def test_every_fault_of_the_settings_is_a_line(shell: Shell) -> None:
    result = shell.call("serve", GALLEY_PORT="x", GALLEY_WORKRES="2", GALLEY_COLOUR="red")

    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "galley: GALLEY_WORKRES is not a setting; did you mean GALLEY_WORKERS?",
        "galley: GALLEY_PORT is 'x'; give a whole number from 0 to 65535.",
    ]


def test_a_variable_that_nothing_reads_is_warned_of(shell: Shell) -> None:
    result = shell.call("users", "list", GALLEY_COLOUR="red")

    assert (result.exit_code, result.stderr) == (0, "galley: GALLEY_COLOUR is not a setting; nothing reads it.\n")


def test_a_first_start_that_others_can_reach_is_refused_without_a_password(shell: Shell) -> None:
    result = shell.call("serve", GALLEY_HOST="0.0.0.0")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("galley: HOST is '0.0.0.0', which others can reach")
