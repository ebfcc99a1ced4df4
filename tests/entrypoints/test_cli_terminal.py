"""The command line on a terminal: passwords that are asked for, and the panel of a run."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from attrs import define

from tests.entrypoints.shell import LAMPS, ROOT, Shell

PASSWORD = "correct horse battery staple"


@define
class Terminal:
    """The other end of a terminal with a process on it."""

    end: int
    process: "subprocess.Popen[bytes]"
    seen: str = ""

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            self.seen += self._read()

    def read_all(self) -> str:
        # On Linux the end of a terminal that nobody has open any more is an error, EIO.
        with suppress(OSError):
            while piece := self._read():
                self.seen += piece
        return self.seen

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def _read(self) -> str:
        return os.read(self.end, 65536).decode(errors="replace")


@contextmanager
def on_terminal(shell: Shell, *words: str, **environ: str) -> Iterator[Terminal]:
    end, own = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "import os; os.login_tty(0); from entrypoints.cli import main; main()", *words],
        cwd=shell.folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **shell.environ,
            "TERM": "xterm",
            "COLUMNS": "80",
            "LINES": "24",
            **environ,
        },
        stdin=own,
        stdout=own,
        stderr=own,
        start_new_session=True,
    )
    os.close(own)
    try:
        yield Terminal(end, process)
    finally:
        process.kill()
        process.wait()
        os.close(end)


def test_a_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    with on_terminal(shell, "users", "add", "ann") as terminal:
        terminal.read_until("New password of ann: ")
        terminal.type(f"{PASSWORD}\n")
        terminal.read_until("Repeat for confirmation: ")
        terminal.type(f"{PASSWORD}\n")
        seen = terminal.read_all()

        assert terminal.process.wait(10) == 0
    assert seen.splitlines()[-1] == "ann was added as author."
    assert PASSWORD not in seen


def test_ctrl_c_at_a_question_leaves_without_a_traceback(shell: Shell) -> None:
    with on_terminal(shell, "users", "add", "ann") as terminal:
        terminal.read_until("New password of ann: ")
        terminal.type("\x03")
        seen = terminal.read_all()

        assert terminal.process.wait(10) == 130
    assert "Traceback" not in seen


def test_a_run_draws_its_panel_and_then_its_text(shell: Shell) -> None:
    with on_terminal(shell, *LAMPS) as terminal:
        seen = terminal.read_all()

        assert terminal.process.wait(10) == 0
    panel, _, text = seen.rpartition("Complete in attempt 2; ")
    assert "blog-post@1 with sample" in panel
    assert "✓" in panel
    assert "100 %" in panel
    assert "# Sample: Desk lamps" in text


def test_a_server_says_what_writes_and_how_to_stop_it(shell: Shell) -> None:
    with on_terminal(shell, "serve") as terminal:
        terminal.read_until("Ctrl-C stops it.")
        terminal.type("\x03")
        seen = terminal.read_all()

        assert terminal.process.wait(10) == 0
    assert "Galley is ready at http://127.0.0.1:" in seen
    assert "Texts are samples: the sample provider writes them" in seen
    assert "Traceback" not in seen
