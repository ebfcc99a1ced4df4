"""A PostgreSQL of the tests' own: a temporary folder, a free port of this machine, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg

from tests.adapters.ports import find_free_port

ROLE = "galley"
START_SECONDS = 60
STOP_SECONDS = 20
READY = "database system is ready to accept connections"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "32MB",
    # A process that dies loses nothing of what it wrote; only power cuts would need the disk.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
}
DURABLE_OPTIONS = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "256MB"}
"""What has to differ where its speed is measured."""


class PostgresqlServer:
    """One cluster, which can be stopped the hard way and started again on its port."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        self.port = find_free_port()
        self._folder = folder
        self._options = OPTIONS | dict(options)
        self._process: subprocess.Popen[str] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return what STORE_URL would be."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    @property
    def pid(self) -> int:
        """Its main process, the parent of all others."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Return when it takes connections; only for the main thread."""
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        # Should the tests themselves be killed, the kernel stops the server; it goes by the thread that starts it.
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "INT", _find("postgres"), "-D", self._folder, "-p", str(self.port), *options],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            **_as_somebody_else(),
        )
        ready = threading.Event()
        threading.Thread(target=_read_log, args=(self._process, ready), daemon=True).start()
        if not ready.wait(START_SECONDS) or self._process.poll() is not None:
            self.stop()
            raise RuntimeError("PostgreSQL did not start.")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: SIGQUIT is its immediate shutdown, from which it has to recover."""
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
        """Let it stand still with its connections open: all of its processes, as a machine that hangs does."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        main = self.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            os.kill(pid, what)


@contextmanager
def serving_postgresql(**options: str) -> Iterator[PostgresqlServer]:
    """Make a cluster and serve it until the end of the block, whatever happens in it."""
    folder = Path(mkdtemp(prefix="galley-postgresql-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        subprocess.run(
            [_find("initdb"), "-D", folder, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            **_as_somebody_else(),
        )
        server = PostgresqlServer(folder, options)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def ask(url: str, sql: str, *values: object) -> list[Any]:
    """Run one statement on a connection of its own, as somebody beside Galley would."""
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql, *values))
    finally:
        await connection.close()


def _read_log(process: subprocess.Popen[str], ready: threading.Event) -> None:
    assert process.stderr is not None
    with process.stderr as log:
        for line in log:
            if READY in line:
                ready.set()
    ready.set()


def _as_somebody_else() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}


def _find(program: str) -> str:
    """Return where it is: Debian keeps a folder for each version, which is not on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    found = shutil.which(program) or (str(versions[-1]) if versions else None)
    if found is None:
        raise RuntimeError(f"These tests need PostgreSQL's {program}; see requirements/system.sh.")
    return found
