"""Starts the small app as a process and talks to it over real sockets."""

import json
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0


@frozen(kw_only=True)
class Exit:
    """How a process ended, `seconds` after it was told to."""

    code: int
    seconds: float
    lines: list[str]
    stderr: str


class ServerProcess:
    """A context: the process is ready inside, and gone after it."""

    def __init__(self, *, python: str | Path = sys.executable, **options: Any) -> None:
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.e2e.server_process", json.dumps(options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._pending: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self.lines: list[str] = []
        self._pumps = [
            threading.Thread(target=self._pump, args=(self._process.stdout, self._pending.put), daemon=True),
            threading.Thread(target=self._pump, args=(self._process.stderr, self._errors.append), daemon=True),
        ]
        for pump in self._pumps:
            pump.start()

    def __enter__(self) -> Self:
        url = urlsplit(self.wait_for_line("ready ").removeprefix("ready "))
        assert url.hostname is not None
        assert url.port is not None
        self.address = (url.hostname, url.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pump in self._pumps:
            pump.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    @staticmethod
    def _pump(stream: Any, put: Any) -> None:
        for line in stream:
            put(line.rstrip("\n"))

    def wait_for_line(self, start: str, *, count: int = 1) -> str:
        """Wait until so many lines of stdout start like this; return the last of them."""
        for _ in range(count):
            while True:
                try:
                    line = self._pending.get(timeout=PATIENCE_SECONDS)
                except queue.Empty:
                    raise AssertionError(f"no {start!r} after {self.lines}; stderr: {self._errors}") from None
                self.lines.append(line)
                if line.startswith(start):
                    break
        return line

    def connect(self, *, receive_buffer: int | None = None, tls: ssl.SSLContext | None = None) -> socket.socket:
        sock = socket.socket()
        sock.settimeout(PATIENCE_SECONDS)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            sock.connect(self.address)
        except OSError:
            sock.close()
            raise
        return tls.wrap_socket(sock) if tls else sock

    def request(self, target: str, **options: Any) -> socket.socket:
        """Send a GET; the caller reads."""
        sock = self.connect(**options)
        sock.sendall(get(target))
        return sock

    def stop(self, *signals: signal.Signals) -> Exit:
        """Send the signals, wait for the end."""
        begun = time.monotonic()
        for number in signals:
            self._process.send_signal(number)
        return self.wait(since=begun)

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, *, since: float) -> Exit:
        code = self._process.wait(PATIENCE_SECONDS)
        seconds = time.monotonic() - since
        for pump in self._pumps:
            pump.join()
        while not self._pending.empty():
            self.lines.append(self._pending.get())
        return Exit(code=code, seconds=seconds, lines=self.lines, stderr="\n".join(self._errors))


def get(target: str, *fields: str) -> bytes:
    """A request without a body; each field is a header's line."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


def upgrade(*fields: str) -> bytes:
    """A WebSocket's opening handshake."""
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return get("/ws", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", key, *fields)


def read_until(sock: socket.socket, end: bytes) -> bytes:
    """Read up to and with `end`."""
    received = b""
    while end not in received:
        chunk = sock.recv(65536)
        assert chunk, f"closed after {received!r}"
        received += chunk
    return received


def read_to_end(sock: socket.socket) -> bytes:
    """Read until the server closes."""
    received = b""
    while chunk := sock.recv(65536):
        received += chunk
    return received


def read_answer(sock: socket.socket) -> tuple[int, bytes]:
    """Read one response with a Content-Length: its status and body."""
    head, _, body = read_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    length = next(int(field.split(":")[1]) for field in fields if field.lower().startswith("content-length:"))
    while len(body) < length:
        chunk = sock.recv(65536)
        assert chunk, f"closed {length - len(body)} bytes early"
        body += chunk
    return int(status.split()[1]), body
