"""`galley serve` or `work` as a process group on a free loopback port, which can be killed and started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from attrs import define, field, frozen

from tests.e2e.rig.nursery import Nursery, Nursling

ROOT = Path(__file__).parents[3]
PROMPTS = Path(__file__).parent / "prompts"
NURSED = ("tests.e2e.rig.serve", "tests.e2e.browser.serve")
"""Commands that begin with everything imported; whatever else is started does that itself, as the plain command."""
START_SECONDS = 20.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
ADMIN_PASSWORD = "correct-horse-battery"


class ServerFailedError(Exception):
    """The process ended, or did not become ready; the text holds what it said."""


@frozen(kw_only=True)
class Exit:
    """How a process ended, `seconds` after it was told to."""

    code: int
    seconds: float


def find_free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@define(kw_only=True)
class GalleyProcess:
    """A context: ready inside, its whole group gone after it.

    `rig` holds what tests/e2e/rig/serve.py understands (a ledger, a crash, a poison); without it the plain command
    runs. Every start of one object uses the same port and the same data, so clients can come back. A worker has no
    port; it is ready when it touches its file. `open_files` is the most that it may have open.
    """

    data: Path
    command: Literal["serve", "work"] = "serve"
    env: Mapping[str, str] = field(factory=dict)
    rig: Mapping[str, Any] = field(factory=dict)
    port: int = field(factory=find_free_port)
    open_files: int | None = None
    starts: int = 0
    _process: subprocess.Popen[bytes] | Nursling | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that serves; the id of its group as well."""
        assert self._process is not None
        return self._process.pid

    @property
    def database(self) -> Path:
        """The SQLite file of the default store."""
        return self.data / "galley.db"

    @property
    def ledger(self) -> Path:
        """The provider's calls, where the rig's own command serves."""
        return self.data / "calls.jsonl"

    @property
    def alive(self) -> Path:
        """What a worker touches while it works."""
        return self.data / "alive"

    @property
    def stdout(self) -> str:
        """Everything written there by all starts."""
        return self._log("stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """Everything written there by all starts."""
        return self._log("stderr").read_text(errors="replace")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.kill_group()

    async def start(self) -> None:
        """Start the process and wait until it takes requests.

        Raises:
            ServerFailedError: It ended, or START_SECONDS were over.
        """
        self.launch()
        try:
            await self.wait_until_ready()
        except BaseException:
            await self.kill_group()
            raise

    def launch(self) -> None:
        """Start the process without waiting for anything."""
        assert self._process is None, "it runs already"
        self.data.mkdir(parents=True, exist_ok=True)
        self.starts += 1
        self.alive.unlink(missing_ok=True)
        self._process = self._open(self._command())

    async def wait_until_ready(self) -> None:
        """Ask for readiness until the answer is 200."""
        until = time.monotonic() + START_SECONDS
        while not await self._is_ready():
            if not self.is_running or time.monotonic() > until:
                raise ServerFailedError(f"not ready, exit code {self.exit_code}:\n{self.stdout}\n{self.stderr}")
            await asyncio.sleep(POLL_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The code of the process that ended, else None."""
        return None if self._process is None else self._process.poll()

    def send_signal(self, number: signal.Signals) -> None:
        """Signal the process, not its group."""
        os.kill(self.pid, number)

    async def terminate(self, *, first: signal.Signals = signal.SIGTERM) -> Exit:
        """Ask it to stop, and wait for that."""
        begun = time.monotonic()
        self.send_signal(first)
        return await self.wait(since=begun)

    async def wait(self, *, since: float | None = None) -> Exit:
        """Wait until the process has ended by itself, and bury what is left of its group.

        Raises:
            ServerFailedError: STOP_SECONDS were over.
        """
        begun = time.monotonic() if since is None else since
        until = time.monotonic() + STOP_SECONDS
        while self.is_running:
            if time.monotonic() > until:
                raise ServerFailedError(f"still running after {STOP_SECONDS} s:\n{self.stderr}")
            await asyncio.sleep(POLL_SECONDS)
        code, seconds = self.exit_code, time.monotonic() - begun
        assert code is not None
        await self.kill_group()
        return Exit(code=code, seconds=seconds)

    async def kill_group(self) -> None:
        """End every process of the group at once, as the kernel does it: nothing of theirs runs any more."""
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait, STOP_SECONDS)
        self._process = None

    async def restart(self) -> None:
        """Kill the group and start again on the same port and data."""
        await self.kill_group()
        await self.start()

    def resident_kilobytes(self) -> int:
        """Return the process's resident set."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])

    def open_descriptors(self) -> int:
        """Return how many file descriptors the process holds."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    async def _is_ready(self) -> bool:
        if self.command == "work":
            return self.alive.exists()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in await asyncio.wait_for(reader.readline(), 2)
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()

    def _open(self, command: Sequence[str]) -> subprocess.Popen[bytes] | Nursling:
        logs = (self._log("stdout"), self._log("stderr"))
        if command[1:2] == ["-m"] and command[2] in NURSED:
            return Nursery.get(ROOT).fork(
                command[2],
                command[3:],
                env=self.environment(),
                out=logs[0],
                err=logs[1],
                open_files=self.open_files,
            )
        limits = [] if self.open_files is None else ["prlimit", f"--nofile={self.open_files}"]
        with logs[0].open("ab") as out, logs[1].open("ab") as err:
            return subprocess.Popen(
                [*limits, *command],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def _command(self) -> list[str]:
        if self.rig:
            return [sys.executable, "-m", self.rig.get("module", "tests.e2e.rig.serve"), self.command]
        option = ["--alive", str(self.alive)] if self.command == "work" else []
        return self.galley(self.command, *option)

    def galley(self, *words: str) -> list[str]:
        """Return the command line of a plain `galley`, for which `environment` is meant."""
        return [str(Path(sys.executable).parent / "galley"), *words]

    def environment(self) -> dict[str, str]:
        """Return what the process is started with."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GALLEY_", "ANTHROPIC_", "OPENAI_"))
        }
        return (
            inherited
            | {
                "GALLEY_PORT": str(self.port),
                "GALLEY_DATA": str(self.data),
                "GALLEY_ADMIN_PASSWORD": ADMIN_PASSWORD,
                "GALLEY_LOG_FORMAT": "json",
                "GALLEY_USER_REQUESTS_PER_MINUTE": "1000000",
                "GALLEY_PROMPTS": str(PROMPTS if self.rig else ROOT / "prompts"),
                "GALLEY_USER_LIVE_RUNS": "10000",
                "RIG": json.dumps(dict(self.rig)),
            }
            | dict(self.env)
        )

    def _log(self, name: str) -> Path:
        return self.data / f"{name}.log"
