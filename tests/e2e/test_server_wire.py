"""What another HTTP parser could read differently is refused and the connection closed, over a real socket."""

from collections.abc import Iterator

import pytest

from tests.e2e.serving import ServerProcess, get, read_answer, read_to_end, read_until

LINE = b"POST /echo HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
CHUNKED = LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def fields(*lines: bytes) -> bytes:
    return LINE + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


SMUGGLING = {
    "length and chunked": fields(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunked and length": fields(b"Transfer-Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
    "two lengths": fields(b"Content-Length: 5", b"Content-Length: 6") + b"hello!",
    "the same length twice": fields(b"Content-Length: 5", b"Content-Length: 5") + b"hello",
    "a list of lengths": fields(b"Content-Length: 5, 5") + b"hello",
    "a signed length": fields(b"Content-Length: +5") + b"hello",
    "a hexadecimal length": fields(b"Content-Length: 0x5") + b"hello",
    "an empty length": fields(b"Content-Length: ") + b"hello",
    "a negative length": fields(b"Content-Length: -5") + b"hello",
    "a length in other digits": fields(b"Content-Length: \xd9\xa5") + b"hello",
    "two encodings": fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity") + b"0\r\n\r\n",
    "chunked in HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "a folded header": fields(b"X-Note: one", b" two"),
    "a folded first header": LINE + b" Folded: yes\r\n" + HOST + b"\r\n",
    "a tab-folded encoding": fields(b"Transfer-Encoding:", b"\tchunked") + b"0\r\n\r\n",
    "bare LF after the request line": b"POST /echo HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF after a header": LINE + b"Host: localhost\n\r\n",
    "bare LF at the end of the head": LINE + HOST + b"\n",
    "only bare LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "bare CR in a header": fields(b"X-Note: one\rX-Other: two"),
    "bare CR before the end": LINE + b"Host: localhost\r\r\n\r\n",
    "space before the colon": fields(b"Content-Length : 5") + b"hello",
    "tab before the colon": fields(b"Transfer-Encoding\t: chunked") + b"0\r\n\r\n",
    "no colon": fields(b"Content-Length"),
    "no name": fields(b": value"),
    "a space in a name": fields(b"Content Length: 5"),
    "NUL in a value": fields(b"X-Note: a\0b"),
    "NUL in a name": fields(b"X\0Note: a"),
    "a control character in a value": fields(b"X-Note: a\x01b"),
    "a vertical tab before chunked": fields(b"Transfer-Encoding:\x0bchunked") + b"0\r\n\r\n",
    "DEL in a value": fields(b"X-Note: a\x7fb"),
    "no host": LINE + b"\r\n",
    "two hosts": LINE + HOST + HOST + b"\r\n",
    "an empty host": LINE + b"Host: \r\n\r\n",
    "a host with a path": LINE + b"Host: localhost/echo\r\n\r\n",
    "a host with an empty label": LINE + b"Host: local..host\r\n\r\n",
    "a host with a long label": LINE + b"Host: " + b"x" * 64 + b"\r\n\r\n",
    "a host with a user": LINE + b"Host: me@localhost\r\n\r\n",
    "a list of hosts": LINE + b"Host: localhost, other\r\n\r\n",
    "a host beyond ASCII": LINE + b"Host: caf\xe9\r\n\r\n",
    "an empty line first": b"\r\n" + fields(),
    "two spaces in the request line": b"POST  /echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the target": b"POST /echo /other HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab in the request line": b"POST\t/echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target without a slash": b"POST ?echo HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target of another host's form": b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a broken absolute target": b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an absolute target with half an address": b"GET http://[:1.2]/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target beyond ASCII": b"GET /\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "a lower-case version": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "a TLS handshake": bytes.fromhex("160301020001000100") * 4,
    "a chunk size with a sign": CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a prefix": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "a chunk size that is none": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n",
    "an empty chunk size": CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": CHUNKED + b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a space before a chunk size": CHUNKED + b" 5\r\nhello\r\n0\r\n\r\n",
    "a space after a chunk size": CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n",
    "bare LF after a chunk size": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "bare CR after a chunk size": CHUNKED + b"5\rhello\r\n0\r\n\r\n",
    "bare CR in a chunk extension": CHUNKED + b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "bare LF in a chunk extension": CHUNKED + b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "NUL in a chunk extension": CHUNKED + b"5;\0\r\nhello\r\n0\r\n\r\n",
    "a long chunk extension": CHUNKED + b"5;" + b"x" * 2000 + b"\r\nhello\r\n0\r\n\r\n",
    "many chunk extensions": CHUNKED + (b"1;" + b"x" * 500 + b"\r\nh\r\n") * 10 + b"0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"4\r\nhello\r\n0\r\n\r\n",
    "a chunk shorter than its size": CHUNKED + b"6\r\nhello\r\n0\r\n\r\n",
    "bare LF after a chunk": CHUNKED + b"5\r\nhello\n0\r\n\r\n",
    "two wrong bytes after a chunk": CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
    "bare LF after the last chunk": CHUNKED + b"5\r\nhello\r\n0\r\n\n",
    "bare LF after a trailer": CHUNKED + b"0\r\nX-Note: a\n\r\n",
    "a folded trailer": CHUNKED + b"0\r\nX-Note: a\r\n b\r\n\r\n",
    "NUL in a trailer": CHUNKED + b"0\r\nX-Note: \0\r\n\r\n",
    "many trailers": CHUNKED + b"0\r\n" + b"X-Note: a\r\n" * 200 + b"\r\n",
}
OTHER_REFUSALS = {
    "an unknown encoding": (501, fields(b"Transfer-Encoding: gzip, chunked")),
    "a nearly chunked encoding": (501, fields(b"Transfer-Encoding: xchunked")),
    "a long request line": (414, b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "an endless request line": (414, b"GET /" + b"x" * 40_000),
    "large headers": (431, fields(*[b"X-Note: " + b"x" * 1_000] * 40)),
    "one large header": (431, fields(b"Cookie: " + b"x" * 33_000)),
    "headers without an end": (431, LINE + HOST + b"X-Note: " + b"x" * 40_000),
    "many headers": (431, fields(*[b"X-Note: a"] * 101)),
    "HTTP/2 with prior knowledge": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/1.2": (505, b"GET / HTTP/1.2\r\n" + HOST + b"\r\n"),
}
REFUSED = [(name, 400, raw) for name, raw in SMUGGLING.items()]
REFUSED += [(name, status, raw) for name, (status, raw) in OTHER_REFUSALS.items()]
ACCEPTED = {
    "a length": (fields(b"Content-Length: 5") + b"hello", b"hello"),
    "no body": (fields(), b""),
    "chunks": (CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world"),
    "a chunk extension": (CHUNKED + b"5;a=b\r\nhello\r\n0\r\n\r\n", b"hello"),
    "a trailer": (CHUNKED + b"5\r\nhello\r\n0\r\nX-Note: a\r\n\r\n", b"hello"),
    "Chunked": (fields(b"transfer-encoding: Chunked") + b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "an absolute target": (fields().replace(b"/echo", b"http://localhost/echo"), b""),
    "an absolute target without a path": (fields().replace(b"POST /echo", b"OPTIONS http://localhost"), b""),
    "a host with a port": (fields().replace(b"localhost", b"localhost:8000"), b""),
    "an IPv6 host": (fields().replace(b"localhost", b"[::1]:8000"), b""),
    "a host with a final dot": (fields().replace(b"localhost", b"galley.example."), b""),
    "latin-1 in a header": (fields(b"X-Note: caf\xe9"), b""),
    "no space after the colon": (fields(b"Content-Length:5") + b"hello", b"hello"),
    "30 kB of headers": (fields(*[b"X-Note: " + b"x" * 1_000] * 30), b""),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server


def bytewise(raw: bytes) -> list[bytes]:
    return [raw[at : at + 1] for at in range(len(raw))]


@pytest.mark.parametrize(("status", "raw"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_and_closed(server: ServerProcess, status: int, raw: bytes) -> None:
    with server.connect() as sock:
        # Were it read as two requests, the second would be answered too.
        sock.sendall(raw + get("/"))
        answer = read_to_end(sock)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.endswith(b"\r\n\r\n")
    assert b"content-length: 0\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(("raw", "body"), ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("pieces", [lambda raw: [raw], bytewise], ids=["at once", "byte by byte"])
def test_accepted_at_any_split_and_the_next_request_too(server: ServerProcess, raw, body, pieces) -> None:
    with server.connect() as sock:
        for piece in pieces(raw):
            sock.sendall(piece)
        answer = read_answer(sock)

        sock.sendall(get("/"))
        following = read_answer(sock)

    assert (answer, following) == ((200, body), (200, b"ok"))


def test_a_client_that_waits_for_100_gets_it(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(fields(b"Expect: 100-continue", b"Content-Length: 5"))
        assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"hello")

        assert read_answer(sock) == (200, b"hello")


def test_bare_lf_is_refused_before_the_head_is_complete(server: ServerProcess) -> None:
    with server.connect() as sock:
        sock.sendall(SMUGGLING["only bare LF"])

        assert read_to_end(sock).startswith(b"HTTP/1.1 400 ")


def test_the_server_does_not_tell_its_name(server: ServerProcess) -> None:
    with server.request("/") as sock:
        head = read_until(sock, b"\r\n\r\n").lower()

    assert b"\r\ndate: " in head
    assert b"server" not in head
