"""A Redis of the tests' own: a temporary folder, a free port of this machine, gone at the end."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import redis

from tests.adapters.ports import find_free_port

START_SECONDS = 60
STOP_SECONDS = 20
LOOK_SECONDS = 0.02
GUARDED = ("setpriv", "--pdeathsig", "KILL")
"""Should the tests themselves be killed, the kernel stops the server; it goes by the thread that starts it."""
OPTIONS = {"bind": "127.0.0.1", "save": "", "appendonly": "yes", "appendfsync": "everysec", "databases": "4"}


class RedisServer:
    """One server, which can be stopped the hard way and started again on its port, with or without its data."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.port = find_free_port()
        self.folder = folder
        self._options = OPTIONS | options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: int = 0, user: str = "") -> str:
        """Return what STORE_URL would be; `user` is "name:password"."""
        return f"redis://{user}{'@' if user else ''}127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Return when it answers and has read its files; only for the main thread."""
        options = [part for name, value in self._options.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [
                *GUARDED,
                "redis-server",
                "--port",
                str(self.port),
                "--dir",
                self.folder,
                *options,
            ],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise RuntimeError("Redis did not start.")
            time.sleep(LOOK_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it; by default as a crash does, from which it has to recover with its log."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Let it stand still with its connections open, as a machine that hangs does."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def keep_data(self) -> Path:
        """Copy what is on the disk now, to be brought back later."""
        return Path(shutil.copytree(self.folder, Path(mkdtemp(prefix="galley-redis-kept-")), dirs_exist_ok=True))

    def bring_back(self, data: Path | None) -> None:
        """Start it again with that data, or with none."""
        self.stop()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        if data is not None:
            shutil.copytree(data, self.folder, dirs_exist_ok=True)
            shutil.rmtree(data)
        self.start()

    def ask(self, *command: str | int | bytes, database: int = 0) -> Any:
        """Send one command on a connection of its own, as somebody beside Galley would."""
        with redis.Redis(port=self.port, db=database, socket_timeout=START_SECONDS) as client:
            return client.execute_command(*command)

    def _send(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def _is_ready(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False


@contextmanager
def serving_redis(**options: str) -> Iterator[RedisServer]:
    """Serve a new one until the end of the block, whatever happens in it."""
    folder = Path(mkdtemp(prefix="galley-redis-"))
    server = RedisServer(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
