"""`galley export`: files, exit codes and one-line errors."""

import asyncio
import io
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest

from adapters.clock import SystemClock
from adapters.stores.sqlite.store import SqliteStore
from domain.pipeline.transcript import Transcript
from domain.run.events import RunCancelled, RunCompleted, TerminalEvent
from domain.run.history import History
from domain.run.model import Finish, NewRun, RunStatus
from tests.entrypoints.shell import LAMPS, Shell, serving
from tests.examples import QUEUED, make_record, make_spec
from tests.examples import RUN_ID as RUN

DONE = RunCompleted(success=True, output="# Tea\n\n*Hot.*")


async def keep(folder: Path, end: TerminalEvent | None) -> None:
    """Leave a run in a data folder, ended or not."""
    folder.mkdir()
    async with SqliteStore.open(folder / "galley.db", clock=SystemClock()) as store:
        first = make_record(QUEUED, seq=1, epoch=0)
        await store.runs.create(NewRun(id=RUN, owner="ann", spec=make_spec(), content=b"{}", record=first))
        lease = await store.queue.claim("worker", wait_seconds=1, run_id=RUN)
        assert lease is not None
        if end is not None:
            history = History.fold(await store.log.read(RUN))
            records = Transcript(lease, make_spec(), history).write([end], now=datetime.now(UTC))
            await store.log.append(lease, records, finish=Finish(status=RunStatus(end.type), success=True))


@pytest.fixture
def kept(shell: Shell) -> Shell:
    asyncio.run(keep(shell.folder / "data", DONE))
    return shell


def test_an_output_is_written_to_stdout_in_its_own_format(kept: Shell) -> None:
    result = kept.call("export", RUN)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "# Tea\n\n*Hot.*\n", "")


def test_the_ending_of_a_file_says_as_what_it_is_written(kept: Shell) -> None:
    result = kept.call("export", RUN, "--output", str(kept.folder / "tea.docx"))

    assert (result.exit_code, result.stdout) == (0, "")
    assert [part.text for part in docx.Document(str(kept.folder / "tea.docx")).paragraphs] == ["Tea", "Hot."]


def test_a_format_that_is_named_counts_more_than_the_files_ending(kept: Shell) -> None:
    kept.call("export", RUN, "--format", "json", "--output", str(kept.folder / "tea.txt"))

    assert json.loads((kept.folder / "tea.txt").read_text())["text"] == "# Tea\n\n*Hot.*"


def test_a_word_document_can_be_piped(kept: Shell) -> None:
    result = kept.call("export", RUN, "--format", "docx")

    assert docx.Document(io.BytesIO(result.stdout_bytes)).paragraphs[0].text == "Tea"


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (None, "The run has not ended yet; ask for its output when it has."),
        (
            RunCancelled(message="Cancelled."),
            "The run ended without an output; its record has the draft, if there is one.",
        ),
    ],
    ids=["live", "cancelled"],
)
def test_a_run_without_an_output_has_exit_code_1(shell: Shell, end: TerminalEvent | None, line: str) -> None:
    asyncio.run(keep(shell.folder / "data", end))
    result = shell.call("export", RUN)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"galley: {line}\n")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((str(uuid.UUID(int=1)),), "There is no run 00000000-0000-0000-0000-000000000001."),
        ((RUN, "--output", "/no/such/file"), "--output: the folder /no/such does not exist."),
        ((RUN, "--server", "ftp://here"), "--server 'ftp://here' must start with http:// or https://."),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(kept: Shell, words: tuple[str, ...], line: str) -> None:
    result = kept.call("export", *words)

    assert (result.exit_code, result.stderr) == (2, f"galley: {line}\n")


def test_an_output_comes_from_a_server_and_beside_it_alike(shell: Shell) -> None:
    with serving(shell) as (_, address, password):
        there = {"GALLEY_SERVER": address, "GALLEY_PASSWORD": password}
        run_id = json.loads(shell.call(*LAMPS, "--json", **there).stdout.splitlines()[0])["run_id"]
        fetched = shell.call("export", run_id, **there)
        beside = shell.call("export", run_id)
        missing = shell.call("export", str(uuid.UUID(int=1)), **there)

    assert fetched.stdout.startswith("# Sample: Desk lamps\n")
    assert (fetched.exit_code, beside.stdout) == (0, fetched.stdout)
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
