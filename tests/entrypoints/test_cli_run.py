"""`galley run`: what goes to stdout and what to stderr, exit codes and Ctrl-C."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator

import click
import docx
import pytest

from domain.run.events import RunCancelled, RunQueued
from domain.run.model import PinnedPrompt, Record
from entrypoints.commands.remote import is_readable_on_its_way
from entrypoints.commands.watching import watch
from tests.entrypoints.shell import LAMPS, ROOT, Shell
from tests.examples import make_record


def test_a_run_writes_its_text_to_stdout_and_what_happens_to_stderr(shell: Shell) -> None:
    result = shell.call(*LAMPS)

    told = result.stderr.splitlines()
    assert result.exit_code == 0
    assert result.stdout.startswith("# Sample: Desk lamps\n")
    assert told[0] == "blog-post@1 with sample"
    assert [int(line.split("%")[0]) for line in told if "%" in line] == [10, 30, 60, 80, 85, 89, 100]
    assert told[-1].startswith("Complete in attempt 2; ")


def test_a_run_as_json_writes_every_event_and_nothing_else(shell: Shell) -> None:
    result = shell.call(*LAMPS, "--json")

    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr) == (0, "")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"], events[-1]["success"]) == ("run", "complete", True)


def test_a_run_that_ends_without_success_has_exit_code_1_and_still_gives_its_text(shell: Shell) -> None:
    result = shell.call(*LAMPS, "--limit", "attempts=1", "--check", '{"check": "words", "max": 5}')

    assert result.exit_code == 1
    assert result.stdout.startswith("# Sample: Desk lamps\n")
    assert result.stderr.splitlines()[-1].startswith("Not valid: ")


def test_a_run_writes_its_text_to_a_file_where_one_is_named(shell: Shell) -> None:
    output = shell.folder / "post.md"

    result = shell.call(*LAMPS, "--output", str(output))

    assert (result.exit_code, result.stdout) == (0, "")
    assert output.read_text().startswith("# Sample: Desk lamps\n")


def test_a_files_ending_says_as_what_the_text_is_written(shell: Shell) -> None:
    output = shell.folder / "post.docx"

    result = shell.call(*LAMPS, "--output", str(output))

    assert (result.exit_code, result.stdout) == (0, "")
    assert docx.Document(str(output)).paragraphs[0].text == "Sample: Desk lamps"


def test_a_file_of_another_ending_has_the_text_as_it_is(shell: Shell) -> None:
    output = shell.folder / "post"

    shell.call(*LAMPS, "--output", str(output))

    assert output.read_text().startswith("# Sample: Desk lamps\n")


def test_a_set_can_be_tried_with_its_own_sample(shell: Shell) -> None:
    result = shell.call("run", "newsletter", "--sample", "--json")

    assert (result.exit_code, json.loads(result.stdout.splitlines()[-1])["success"]) == (0, True)


def test_inputs_that_are_given_stand_over_the_samples(shell: Shell) -> None:
    result = shell.call("run", "blog-post", "--sample", "-i", "topic=Garden gates")

    assert result.stdout.startswith("# Sample: Garden gates\n")


def test_a_set_without_samples_says_so(shell: Shell) -> None:
    folder = shell.folder / "sets"
    folder.mkdir()
    source = (ROOT / "prompts" / "blog-post.yaml").read_text()
    (folder / "blog-post.yaml").write_text(source.partition("samples:")[0])

    result = shell.call("run", "blog-post", "--sample", GALLEY_PROMPTS=str(folder))

    assert (result.exit_code, "has no sample inputs; give inputs with -i" in result.stderr) == (2, True)


def test_inputs_come_from_a_file_and_from_stdin(shell: Shell) -> None:
    result = shell.call("run", "blog-post", "--input-file", "-", "-i", "points=LED", stdin='{"topic": "Desk lamps"}')

    assert result.exit_code == 0
    assert result.stdout.startswith("# Sample: Desk lamps\n")


def test_a_run_keeps_nothing(shell: Shell) -> None:
    shell.call(*LAMPS)

    assert not (shell.folder / "data").exists()


def test_ctrl_c_cancels_a_run_that_is_then_followed_to_its_end(shell: Shell) -> None:
    with shell.start(*LAMPS, "--json", GALLEY_SAMPLE_TOKENS_PER_SECOND="20") as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["type"] != "delta":
            pass
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)

    assert json.loads(rest.splitlines()[-1])["type"] == "cancelled"
    assert errors == "Cancelling the run; press Ctrl-C again to leave at once.\n"
    assert process.returncode == 130


QUEUED = make_record(RunQueued(prompt=PinnedPrompt(name="note", version=1, hash="0"), model="sample"), seq=1)
CANCELLED = make_record(RunCancelled(message="Cancelled.", draft=None), seq=2)


async def test_a_second_ctrl_c_leaves_a_run_that_does_not_end() -> None:
    is_cancelling = asyncio.Event()

    async def never_ends() -> AsyncGenerator[Record, None]:
        yield QUEUED
        os.kill(os.getpid(), signal.SIGINT)
        await is_cancelling.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    async def cancel() -> None:
        is_cancelling.set()

    watching = asyncio.create_task(watch(never_ends(), as_json=True, cancel=cancel))
    done, _ = await asyncio.wait({watching}, timeout=5)

    assert done == {watching}
    assert isinstance(watching.exception(), click.Abort)


def test_a_reader_that_leaves_early_is_no_crash(shell: Shell) -> None:
    with shell.start(*LAMPS, "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(20)

    assert (process.returncode, errors) == (1, "")


@pytest.mark.parametrize(
    ("server", "is_readable"),
    [
        ("http://127.0.0.1:8000", False),
        ("http://localhost", False),
        ("http://[::1]:8000", False),
        ("https://galley.example", False),
        ("http://galley.example", True),
        ("http://10.0.0.1:8000", True),
    ],
)
def test_what_would_go_over_a_network_in_plain_text_is_known(server: str, is_readable: bool) -> None:
    assert is_readable_on_its_way(server) is is_readable
