"""A strict reading of HTTP/1.1 framing, so that no proxy and we can disagree about where a request ends."""

import re

from h11 import RemoteProtocolError

MAX_REQUEST_LINE_BYTES = 8 * 1024
MAX_FIELDS = 100
MAX_CHUNK_LINE_BYTES = 1024
MAX_CHUNK_EXTENSION_BYTES = 4 * 1024

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LABEL = rb"[0-9A-Za-z_-]{1,63}"
_PORT = rb"(?::[1-9][0-9]{0,4})?"
_NAME = _LABEL + rb"(?:\." + _LABEL + rb")*\.?"
_TARGET = rb"(?:/[!-~]*|\*|https?://" + _NAME + _PORT + rb"(?:/[!-~]*)?)"
_REQUEST_LINE = re.compile(_TOKEN + rb" " + _TARGET + rb" HTTP/([0-9]\.[0-9])")
_HOST = re.compile(rb"(?:" + _NAME + rb"|\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\])" + _PORT)
_FIELD_LINE = re.compile(_TOKEN + rb":[\t -~\x80-\xff]*")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(;[\t -~]*)?")
_LONE_CR_OR_LF = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")


def check_head(received: bytes, max_bytes: int) -> None:
    """Judge a request's head, or as much of it as has come.

    h11 forgives what RFC 9112 lets a recipient forgive: bare LF (section 2.2), folded lines (5.2), control characters
    (RFC 9110, 5.5), Transfer-Encoding beside Content-Length (6.3). Each of them has split requests behind a proxy.

    Raises:
        RemoteProtocolError: With 400, 414, 431 or 505 as its status.
    """
    head, end, _ = received.partition(b"\r\n\r\n")
    request_line, *fields = head.split(b"\r\n")
    if len(request_line) > MAX_REQUEST_LINE_BYTES:
        raise RemoteProtocolError("request line too long", error_status_hint=414)
    if len(head) > max_bytes or len(fields) > MAX_FIELDS:
        raise RemoteProtocolError("headers too large", error_status_hint=431)
    if end:
        _check_fields(fields, version=_version(request_line))
    elif _LONE_CR_OR_LF.search(head):
        raise RemoteProtocolError("line ends without CRLF")


def _version(request_line: bytes) -> bytes:
    match = _REQUEST_LINE.fullmatch(request_line)
    if match is None:
        raise RemoteProtocolError("malformed request line")
    if match[1] not in (b"1.0", b"1.1"):
        raise RemoteProtocolError("only HTTP/1.1 is spoken here", error_status_hint=505)
    return match[1]


def _check_fields(fields: list[bytes], *, version: bytes) -> None:
    if not all(_FIELD_LINE.fullmatch(field) for field in fields):
        raise RemoteProtocolError("malformed header")
    pairs = [(name.lower(), value.strip()) for name, _, value in (field.partition(b":") for field in fields)]
    hosts = [value for name, value in pairs if name == b"host"]
    lengths = [value for name, value in pairs if name == b"content-length"]
    encodings = [value for name, value in pairs if name == b"transfer-encoding"]
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise RemoteProtocolError("malformed Host")
    if len(lengths) + len(encodings) > 1:
        raise RemoteProtocolError("more than one statement of the body's length")
    if not all(length.isdigit() for length in lengths):
        raise RemoteProtocolError("malformed Content-Length")
    if encodings and version == b"1.0":
        raise RemoteProtocolError("Transfer-Encoding in HTTP/1.0")


class ChunkedBody:
    """Follows a chunked body as it arrives and objects to what h11 forgives (RFC 9112, section 7.1)."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._expect = self._size_line
        self._data_bytes = 0
        self._extension_bytes = 0
        self._trailers = 0
        self._ended = False

    def feed(self, received: bytes) -> None:
        """Take the next bytes; those after the body's end belong to somebody else.

        Raises:
            RemoteProtocolError: On a malformed or oversized chunk line or trailer.
        """
        at = 0
        while at < len(received) and not self._ended:
            if self._data_bytes:
                taken = min(self._data_bytes, len(received) - at)
                self._data_bytes -= taken
                at += taken
            else:
                at = self._feed_line(received, at)

    def _feed_line(self, received: bytes, at: int) -> int:
        end = received.find(b"\n", at) + 1 or len(received)
        self._line += received[at:end]
        if len(self._line) > MAX_CHUNK_LINE_BYTES:
            raise RemoteProtocolError("chunk line too long")
        if self._line.endswith(b"\n"):
            if not self._line.endswith(b"\r\n"):
                raise RemoteProtocolError("chunk line ends without CRLF")
            self._expect(bytes(self._line[:-2]))
            self._line.clear()
        return end

    def _size_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise RemoteProtocolError("malformed chunk size")
        self._extension_bytes += len(match[2] or b"")
        if self._extension_bytes > MAX_CHUNK_EXTENSION_BYTES:
            raise RemoteProtocolError("chunk extensions too long")
        self._data_bytes = int(match[1], 16)
        self._expect = self._data_end if self._data_bytes else self._trailer_line

    def _data_end(self, line: bytes) -> None:
        if line:
            raise RemoteProtocolError("chunk longer than its size")
        self._expect = self._size_line

    def _trailer_line(self, line: bytes) -> None:
        self._ended = not line
        self._trailers += 1
        if line and not (_FIELD_LINE.fullmatch(line) and self._trailers <= MAX_FIELDS):
            raise RemoteProtocolError("malformed trailer")
