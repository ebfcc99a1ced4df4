"""A server under measurement: a process pinned to one core, with what the kernel knows of its time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e.rig.process import find_free_port

ROOT = Path(__file__).parents[1]
SERVER_CORE, CLIENT_CORE = 0, 1
START_SECONDS = 20.0


class Server:
    """A context: the server answers inside, and is gone after it."""

    def __init__(self, name: str, module: str, *, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.port = find_free_port()
        self.headers: dict[str, str] = {}
        self._module = module
        self._env = dict(env or {})

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", self._module, str(self.port)]
        self._process = start_pinned(command, SERVER_CORE, env=os.environ | self._env, stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                raise SystemExit(f"{self.name} did not start; exit code {self._process.poll()}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu_seconds(self) -> float:
        """Return what all its living threads have used, in user and kernel; /proc/<pid>/stat counts in 10 ms only."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def resident_kilobytes(self) -> int:
        """Return its resident set, without what the kernel keeps for its sockets."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make one request and decode its JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.headers},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def load(self, **given: Any) -> dict[str, Any]:
        """Run the client process on the other core to its end and return what it counted."""
        with self.start_load(**given) as client:
            out, _ = client.communicate(timeout=150)
        if client.returncode:
            raise SystemExit(f"the client of {self.name} failed")
        measured: dict[str, Any] = json.loads(out)
        return measured

    def start_load(self, **given: Any) -> subprocess.Popen[str]:
        """Start the client process on the other core."""
        full = {"port": self.port, "headers": self.headers} | given
        command = [sys.executable, "-m", "benchmarks.load", json.dumps(full)]
        return start_pinned(command, CLIENT_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _is_ready(self) -> bool:
        try:
            self.call("GET", "/health/ready")
        except (OSError, ValueError):
            return False
        return True


def start_pinned(command: Sequence[str], core: int, **options: Any) -> subprocess.Popen[str]:
    """Start a process that never leaves a core; a machine with one core has it all."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & before or before)
    try:
        return subprocess.Popen(list(command), cwd=ROOT, text=True, **options)
    finally:
        os.sched_setaffinity(0, before)
