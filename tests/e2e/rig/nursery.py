"""Processes forked from one that has imported what they need: imports take most of a start, and tests make hundreds.

Each is a process like any other, of a session of its own, with its own environment and files, killed by its id.
`python -m tests.e2e.rig.nursery <descriptor>` is the one that forks; nothing that it imports starts a thread.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from attrs import define, field

IMPORTED = (
    "adapters.auth.jwt",
    "adapters.stores.postgresql.store",
    "adapters.stores.redis.store",
    "entrypoints.bootstrap",
    "entrypoints.commands.work",
    "entrypoints.http.app",
    "entrypoints.http.server",
)


@define(eq=False)
class Nursling:
    """A forked process; as much of `subprocess.Popen` as is needed of one."""

    pid: int
    returncode: int | None = None
    _ended: threading.Event = field(factory=threading.Event)

    def poll(self) -> int | None:
        """Return the exit code, minus the signal where one ended it; None while it runs."""
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It goes on.
        """
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        assert self.returncode is not None
        return self.returncode

    def end(self, code: int) -> None:
        """Note its end."""
        self.returncode = code
        self._ended.set()


class Nursery:
    """The forking process and its children, of one process that runs tests."""

    _only: Self | None = None

    def __init__(self, cwd: Path) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        self._asking = ours
        self._turn = threading.Lock()
        self._born: Nursling | None = None
        self._has_born = threading.Event()
        self._children: dict[int, Nursling] = {}
        threading.Thread(target=self._hear, daemon=True).start()
        atexit.register(self.close)

    @classmethod
    def get(cls, cwd: Path) -> Nursery:
        """Return the one of this process."""
        if cls._only is None:
            cls._only = cls(cwd)
        return cls._only

    def fork(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        out: Path,
        err: Path,
        open_files: int | None,
    ) -> Nursling:
        """Start `python -m module` with these arguments; what it says is added to the two files."""
        request = {"module": module, "arguments": arguments, "env": dict(env), "out": str(out), "err": str(err)}
        with self._turn:
            self._has_born.clear()
            self._asking.sendall(json.dumps(request | {"open_files": open_files}).encode() + b"\n")
            self._has_born.wait()
            assert self._born is not None, "the nursery is gone"
            return self._born

    def close(self) -> None:
        """End the forking process; it ends what it has forked."""
        self._asking.shutdown(socket.SHUT_WR)
        self._process.wait(10)

    def _hear(self) -> None:
        with self._asking.makefile() as said:
            for line in said:
                pid, code = json.loads(line)
                if code is None:
                    self._born = self._children[pid] = Nursling(pid)
                    self._has_born.set()
                else:
                    self._children.pop(pid).end(code)
        self._born = None
        self._has_born.set()


def nurse(control: socket.socket) -> None:
    """Fork what is asked for and tell of births and ends, until nobody asks any more."""
    waking, woken = socket.socketpair()
    for end in (waking, woken):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking.fileno())
    pids: set[int] = set()
    waiting = b""
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            for pid, code in _reap(pids):
                _tell(control, pid, code)
        if control in ready:
            piece = control.recv(65_536)
            if not piece:
                break
            *requests, waiting = (waiting + piece).split(b"\n")
            for request in requests:
                pid = _fork(json.loads(request), [control, waking, woken])
                pids.add(pid)
                _tell(control, pid, None)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _tell(control: socket.socket, pid: int, code: int | None) -> None:
    control.sendall(json.dumps([pid, code]).encode() + b"\n")


def _reap(pids: set[int]) -> list[tuple[int, int]]:
    reaped = []
    for pid in list(pids):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            pids.discard(pid)
            reaped.append((pid, os.waitstatus_to_exitcode(status)))
    return reaped


def _fork(request: dict[str, Any], own: Sequence[socket.socket]) -> int:
    """Return once the child has a session of its own, so that its group can be killed."""
    seen, shown = os.pipe()
    pid = os.fork()
    if pid:
        os.close(shown)
        os.read(seen, 1)
        os.close(seen)
        return pid
    os.setsid()
    os.write(shown, b"!")
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in (seen, shown):
        os.close(descriptor)
    for one in own:
        one.close()
    for file, number in ((request["out"], 1), (request["err"], 2)):
        opened = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["env"])
    if request["open_files"] is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (request["open_files"], request["open_files"]))
    sys.argv = [request["module"], *request["arguments"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    sys.exit()


def main() -> None:
    """Import, then fork what is asked for."""
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        nurse(control)


if __name__ == "__main__":
    main()
