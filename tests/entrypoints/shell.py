"""Calls of `galley` as a shell makes them, in this process or in another one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen
from click.testing import CliRunner, Result

from entrypoints.cli import main
from tests.entrypoints.logging_state import logging_as_before

ROOT = Path(__file__).parents[2]
LAMPS = ("run", "blog-post", "-i", "topic=Desk lamps")
"""A run that needs a repair: its first text is a little too short."""


@frozen
class Shell:
    """Calls of `galley` in a folder of their own, in this process or another."""

    folder: Path
    environ: dict[str, str] = field()

    @environ.default
    def _(self) -> dict[str, str]:
        return {
            "GALLEY_DATA": str(self.folder / "data"),
            "GALLEY_PROMPTS": str(ROOT / "prompts"),
            "GALLEY_SAMPLE_TOKENS_PER_SECOND": "0",
            "GALLEY_PORT": "0",
            "ANTHROPIC_API_KEY": "",
            "ANTHROPIC_BASE_URL": "",
            "OPENAI_API_KEY": "",
            "OPENAI_BASE_URL": "",
        }

    def call(self, *words: str, stdin: str = "", **environ: str) -> Result:
        with logging_as_before():
            return CliRunner().invoke(main, list(words), input=stdin, env=self.environ | environ, prog_name="galley")

    @contextmanager
    def start(self, *words: str, **environ: str) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            [sys.executable, "-c", "from entrypoints.cli import main; main()", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


@contextmanager
def serving(shell: Shell, **environ: str) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """Yield the process of a server's first start with its address and the password that it printed."""
    with shell.start("serve", **environ) as process:
        assert process.stdout is not None
        _, _, password, _, ready = (process.stdout.readline() for _ in range(5))
        yield process, ready.split()[-1], password.strip()
