"""A peer that is slow, silent, gone or one too many costs a bounded time, memory and file, and nobody else notices."""

import signal
import socket
import time
from collections.abc import Iterator

import pytest

from tests.e2e.serving import ServerProcess, get, read_answer, read_to_end, read_until, upgrade

HALF_HEAD = b"GET / HTTP/1.1\r\nHost: loc"
HALF_BODY = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server


@pytest.mark.parametrize(
    ("limit", "sent"),
    [
        ("idle_timeout_seconds", b""),
        ("idle_timeout_seconds", get("/")),
        ("head_timeout_seconds", HALF_HEAD),
        ("body_timeout_seconds", HALF_BODY),
    ],
    ids=["nothing", "one request", "half a head", "half a body"],
)
def test_a_silent_peer_is_closed_after(limit: str, sent: bytes) -> None:
    with ServerProcess(**{limit: 0.3}) as server, server.connect() as sock:
        begun = time.monotonic()
        sock.sendall(sent)
        answer = read_to_end(sock)

    assert (answer[-2:], time.monotonic() - begun >= 0.3) == (b"ok" if sent == get("/") else b"", True)


def test_a_dribbled_head_does_not_extend_its_time() -> None:
    with ServerProcess(head_timeout_seconds=0.3) as server, server.connect() as sock:
        sock.settimeout(0.05)
        sock.sendall(HALF_HEAD)
        with pytest.raises(ConnectionError):
            for _ in range(60):
                try:
                    if not sock.recv(1):
                        raise ConnectionResetError
                except TimeoutError:
                    sock.sendall(b"x")


@pytest.mark.parametrize("no_user_timeout", [False, True], ids=["by the kernel too", "by us alone"])
def test_a_stalled_reader_is_cut_off_and_its_handler_ends(no_user_timeout: bool) -> None:
    with (
        ServerProcess(write_timeout_seconds=0.5, no_user_timeout=no_user_timeout) as server,
        server.request("/flood", receive_buffer=4096),
    ):
        server.wait_for_line("GeneratorExit flood")


def test_a_reader_that_takes_a_little_is_not_cut_off() -> None:
    with ServerProcess(write_timeout_seconds=0.5) as server, server.request("/large", receive_buffer=4096) as sock:
        received = 0
        while received < 800_000:
            time.sleep(0.01)
            chunk = sock.recv(20_000)
            assert chunk
            received += len(chunk)

        sock.sendall(get("/"))
        assert read_answer(sock) == (200, b"ok")


def test_stalled_readers_cost_less_than_64_kib_each(server: ServerProcess) -> None:
    def memory() -> int:
        with server.request("/memory") as sock:
            return int(read_answer(sock)[1])

    before = memory()
    stalled = [server.request("/flood", receive_buffer=4096) for _ in range(50)]
    server.wait_for_line("began flood", count=50)
    after = memory()
    for sock in stalled:
        sock.close()

    assert (after - before) / 50 < 64 * 1024


def test_an_app_that_always_has_more_to_send_lets_others_run(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(get("/burst", "Connection: close"))

        assert read_to_end(sock).endswith(b"\r\nothers ran\r\n0\r\n\r\n")


@pytest.mark.parametrize("extra", [b"", get("/")], ids=["alone", "with a request behind it"])
@pytest.mark.parametrize("fields", [[], ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAA"]])
def test_a_handler_ends_when_its_client_leaves(server: ServerProcess, fields: list[str], extra: bytes) -> None:
    with server.connect() as sock:
        sock.sendall(get("/wait", *fields) + extra)
        server.wait_for_line("began wait")

    server.wait_for_line("CancelledError wait")


def test_a_handler_ends_whose_client_left_whenever_it_reads_the_body(server: ServerProcess) -> None:
    """At some of these ticks the first cancel is lost before Python 3.12."""
    for ticks in range(10):
        for _ in range(3):
            with server.connect() as sock:
                sock.sendall(HALF_BODY.replace(b"/echo", b"/wait?ticks=%d" % ticks).replace(b"100", b"4"))

    server.wait_for_line("CancelledError wait", count=30)


def test_an_upgrade_to_http_2_is_ignored(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(get("/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"))
        assert read_answer(sock) == (200, b"ok")


def test_an_answer_before_the_end_of_an_upload_is_read_by_a_client_that_is_still_sending(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(b"POST /missing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n")
        assert sock.recv(1, socket.MSG_PEEK)
        for _ in range(40):
            sock.sendall(b"x" * 50_000)

        assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_a_refused_peer_that_goes_on_sending_is_closed_in_the_end(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\n")
        assert read_to_end(sock).startswith(b"HTTP/1.1 400 ")
        sock.settimeout(0.1)
        with pytest.raises(ConnectionError):
            for _ in range(60):
                sock.sendall(b"x")
                time.sleep(0.1)


def test_an_app_answers_nobody_when_its_request_was_refused_meanwhile() -> None:
    with ServerProcess() as server, server.connect() as sock:
        sock.sendall(b"POST /late HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        server.wait_for_line("began late")
        sock.sendall(b"no chunk\r\n")
        server.wait_for_line("answered late")
        answer = read_to_end(sock)
        sock.close()

        exit_ = server.stop(signal.SIGTERM)

    assert (answer[:13], answer.count(b"HTTP/1.1"), exit_.stderr) == (b"HTTP/1.1 400 ", 1, "")


def test_a_header_with_a_line_break_is_never_sent(server: ServerProcess) -> None:
    with server.request("/split") as sock:
        status, _ = read_answer(sock)

    assert status == 500


def test_a_compressed_web_socket_is_not_agreed_to(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(upgrade("Sec-WebSocket-Extensions: permessage-deflate"))
        answer = read_until(sock, b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"deflate" not in answer


def test_a_web_socket_that_talks_before_its_handshake_is_closed_and_its_handler_ends(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(upgrade() + b"\x81\x82\0\0\0\0hi")

        assert read_to_end(sock).startswith(b"HTTP/1.1 400 ")
        server.wait_for_line("CancelledError ws")


def test_a_web_socket_of_another_version_is_closed(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(upgrade().replace(b"13", b"12"))

        assert read_to_end(sock).startswith(b"HTTP/1.1 400 ")


def test_the_connection_that_is_one_too_many_gets_503() -> None:
    with ServerProcess(max_connections=2) as server, server.request("/wait"), server.request("/wait"):
        server.wait_for_line("began wait", count=2)

        with server.connect() as sock:
            assert read_to_end(sock).startswith(b"HTTP/1.1 503 ")

    with ServerProcess(max_connections=2) as server:
        for _ in range(5):
            with server.request("/") as sock:
                assert read_answer(sock) == (200, b"ok")


def test_the_limit_of_open_files_bounds_the_connections() -> None:
    with ServerProcess(open_files=100, idle_timeout_seconds=1) as server:
        peers = [server.connect() for _ in range(50)]
        answers = [read_to_end(sock)[:12] for sock in peers if sock.recv(1, socket.MSG_PEEK)]
        for sock in peers:
            sock.close()

    assert set(answers) == {b"HTTP/1.1 503"}


def test_accepting_goes_on_once_files_are_free_again() -> None:
    with ServerProcess(open_files=100) as server, server.request("/") as sock:
        assert read_answer(sock) == (200, b"ok")
        sock.sendall(get("/hog"))
        assert read_answer(sock) == (200, b"hogged")

        with server.request("/") as waiting:
            sock.sendall(get("/release"))
            assert read_answer(sock) == (200, b"released")
            assert read_answer(waiting) == (200, b"ok")
