"""Whatever is connected, a stopped process exits with 0 within its grace and one second, on every Python here."""

import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import frozen

from tests.e2e.interpreters import find_interpreters, ready_interpreter
from tests.e2e.serving import ServerProcess, get, read_answer, read_to_end, read_until, upgrade

pytestmark = pytest.mark.punctual

GRACE_SECONDS = 0.5
SLACK_SECONDS = 2.0
INTERPRETERS = find_interpreters()

Peers = Callable[[ServerProcess], list[socket.socket]]


@frozen(kw_only=True)
class Certificate:
    """A self-signed one for localhost."""

    certfile: str
    keyfile: str

    @property
    def files(self) -> dict[str, str]:
        return {"certfile": self.certfile, "keyfile": self.keyfile}

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.certfile)
        context.check_hostname = False
        return context


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    made = Certificate(certfile=str(folder / "cert.pem"), keyfile=str(folder / "key.pem"))
    subject = ["-subj", "/CN=localhost", "-addext", "basicConstraints=critical,CA:TRUE"]
    files = ["-keyout", made.keyfile, "-out", made.certfile]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *files, *subject], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module", params=INTERPRETERS)
def python(request: pytest.FixtureRequest) -> Path:
    return ready_interpreter(request.param, INTERPRETERS[request.param])


def idle_connection(server: ServerProcess) -> list[socket.socket]:
    sock = server.request("/")
    assert read_answer(sock) == (200, b"ok")
    return [sock]


def fifty_streams(server: ServerProcess) -> list[socket.socket]:
    socks = [server.request("/events") for _ in range(50)]
    for sock in socks:
        read_until(sock, b"hello")
    return socks


def streams_that_ignore_the_drain(server: ServerProcess) -> list[socket.socket]:
    socks = [server.request("/stubborn") for _ in range(5)]
    for sock in socks:
        read_until(sock, b"here")
    return socks


def web_socket(server: ServerProcess) -> list[socket.socket]:
    sock = server.connect()
    sock.sendall(upgrade())
    assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    server.wait_for_line("began ws")
    return [sock]


def stalled_reader(server: ServerProcess) -> list[socket.socket]:
    sock = server.request("/flood", receive_buffer=4096)
    server.wait_for_line("began flood")
    return [sock]


def silent_handler(server: ServerProcess) -> list[socket.socket]:
    sock = server.request("/wait")
    server.wait_for_line("began wait")
    return [sock]


def pipelined_behind_a_stream(server: ServerProcess) -> list[socket.socket]:
    sock = server.connect()
    sock.sendall(get("/stubborn") + get("/"))
    read_until(sock, b"here")
    return [sock]


def half_request(server: ServerProcess) -> list[socket.socket]:
    sock = server.connect()
    sock.sendall(b"GET / HTTP/1.1\r\nHost: loc")
    return [sock]


def half_body(server: ServerProcess) -> list[socket.socket]:
    sock = server.connect()
    sock.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    server.wait_for_line("began echo")
    return [sock]


def all_of_them(server: ServerProcess) -> list[socket.socket]:
    each = (peers for peers in PEERS if peers is not all_of_them)
    return [sock for peers in each for sock in peers(server)]


PEERS: list[Peers] = [
    idle_connection,
    fifty_streams,
    streams_that_ignore_the_drain,
    web_socket,
    stalled_reader,
    silent_handler,
    pipelined_behind_a_stream,
    half_request,
    half_body,
    all_of_them,
]


def assert_clean_exit(server: ServerProcess, *signals: signal.Signals, within: float) -> None:
    exit_ = server.stop(*signals)
    sys.stdout.write(f"exited after {exit_.seconds:.2f} s\n")
    assert (exit_.code, exit_.stderr) == (0, "")
    assert exit_.seconds < within + SLACK_SECONDS
    assert exit_.lines[-2:] == ["stopped", "returned"]
    requests = [line.split(" ") for line in exit_.lines[1:-2] if line != "drain"]
    begun = sorted(name for how, name in requests if how == "began")
    assert begun == sorted(name for how, name in requests if how != "began")


@pytest.mark.parametrize("peers", PEERS, ids=lambda peers: peers.__name__)
def test_exits_in_time_with(peers: Peers, python: Path) -> None:
    with ServerProcess(python=python, grace_seconds=GRACE_SECONDS) as server, ExitStack() as open_:
        for sock in peers(server):
            open_.enter_context(sock)
        assert_clean_exit(server, signal.SIGTERM, within=GRACE_SECONDS + 1)


def passive_after_an_answer(server: ServerProcess, tls: ssl.SSLContext) -> socket.socket:
    tls.set_alpn_protocols(["h2", "http/1.1"])
    sock = server.connect(tls=tls)
    assert sock.selected_alpn_protocol() == "http/1.1"
    sock.sendall(get("/"))
    assert read_answer(sock) == (200, b"ok")
    return sock


def passive_before_the_handshake(server: ServerProcess, tls: ssl.SSLContext) -> socket.socket:
    return server.connect()


def passive_in_a_flood(server: ServerProcess, tls: ssl.SSLContext) -> socket.socket:
    sock = server.connect(tls=tls, receive_buffer=4096)
    sock.sendall(get("/flood"))
    server.wait_for_line("began flood")
    return sock


@pytest.mark.parametrize(
    "peer",
    [passive_after_an_answer, passive_before_the_handshake, passive_in_a_flood],
    ids=lambda peer: peer.__name__,
)
def test_exits_in_time_with_a_tls_peer(
    peer: Callable[[ServerProcess, ssl.SSLContext], socket.socket], python: Path, certificate: Certificate
) -> None:
    with (
        ServerProcess(python=python, grace_seconds=GRACE_SECONDS, **certificate.files) as server,
        peer(server, certificate.context()),
    ):
        assert_clean_exit(server, signal.SIGTERM, within=GRACE_SECONDS + 1)


def test_a_handshake_under_way_does_not_use_up_the_grace(certificate: Certificate) -> None:
    with ServerProcess(grace_seconds=30, **certificate.files) as server, server.connect():
        assert_clean_exit(server, signal.SIGTERM, within=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_every_stop_signal_drains(number: signal.Signals, python: Path) -> None:
    with (
        ServerProcess(python=python, grace_seconds=30) as server,
        server.request("/events") as sock,
        idle_connection(server)[0],
    ):
        read_until(sock, b"hello")

        assert_clean_exit(server, number, within=1)

        assert read_to_end(sock).endswith(b"event: draining\ndata: {}\n\n\r\n0\r\n\r\n")


def test_a_second_signal_cuts_the_grace_short(python: Path) -> None:
    with ServerProcess(python=python, grace_seconds=30) as server, server.request("/stubborn") as sock:
        read_until(sock, b"here")
        server.send_signal(signal.SIGTERM)
        server.wait_for_line("drain")

        assert_clean_exit(server, signal.SIGTERM, within=1)


def test_more_signals_are_harmless(python: Path) -> None:
    with ServerProcess(python=python, grace_seconds=30) as server, server.request("/stubborn") as sock:
        read_until(sock, b"here")

        assert_clean_exit(server, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGINT, within=1)


def test_a_signal_after_the_end_is_harmless() -> None:
    with ServerProcess(faults=["slow exit"]) as server:
        server.send_signal(signal.SIGTERM)
        server.wait_for_line("returned")

        exit_ = server.stop(signal.SIGTERM)

    assert (exit_.code, exit_.stderr) == (0, "")


def test_a_signal_that_is_ignored_from_the_start_stays_ignored() -> None:
    with ServerProcess(ignored=["SIGHUP"]) as server:
        server.send_signal(signal.SIGHUP)

        # The first request may be accepted before a drain begins, a second one is not.
        for _ in range(2):
            with server.request("/") as sock:
                assert read_answer(sock) == (200, b"ok")


def test_nobody_connects_during_the_drain() -> None:
    with ServerProcess(grace_seconds=30) as server, server.request("/stubborn") as sock:
        read_until(sock, b"here")
        server.send_signal(signal.SIGTERM)
        server.wait_for_line("drain")

        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_a_failing_drain_is_logged_and_the_exit_goes_on() -> None:
    with ServerProcess(grace_seconds=GRACE_SECONDS, faults=["drain"]) as server, server.request("/events") as sock:
        read_until(sock, b"hello")

        exit_ = server.stop(signal.SIGTERM)

    assert exit_.code == 0
    assert "RuntimeError: not today" in exit_.stderr


def test_a_request_under_way_is_answered_on_its_last_connection() -> None:
    with ServerProcess(grace_seconds=30) as server, half_body(server)[0] as sock:
        server.send_signal(signal.SIGTERM)
        server.wait_for_line("drain")

        sock.sendall(b"x" * 96)
        answer = read_to_end(sock)

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close\r\n" in answer.lower()
        assert server.wait(since=time.monotonic()).code == 0


@pytest.mark.parametrize("handler", ["block", "deaf"])
def test_a_stuck_app_is_ended_with_status_1_and_its_stacks(handler: str) -> None:
    with ServerProcess(grace_seconds=GRACE_SECONDS) as server, server.request(f"/{handler}"):
        server.wait_for_line(f"began {handler}")

        exit_ = server.stop(signal.SIGTERM)

    assert exit_.code == 1
    assert exit_.stderr.partition("Timeout (")[2].startswith("0:00:01.5")
    assert GRACE_SECONDS + 1 <= exit_.seconds < GRACE_SECONDS + 1 + SLACK_SECONDS


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("shutdown", "The app did not shut down: Lifespan failure in shutdown. 'not today'"),
        ("endless shutdown", "The app did not shut down in time."),
    ],
)
def test_an_app_that_does_not_shut_down_is_said_so_with_status_1(fault: str, message: str) -> None:
    with ServerProcess(grace_seconds=GRACE_SECONDS, faults=[fault]) as server:
        exit_ = server.stop(signal.SIGTERM)

    assert (exit_.code, exit_.stderr.splitlines()[-1]) == (1, message)
    assert exit_.seconds < GRACE_SECONDS + 1 + SLACK_SECONDS
