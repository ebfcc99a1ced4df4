"""The HTTP client beneath a provider's SDK: no redirect, nothing ambient in a request, and bounds on every answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx2

CONNECT_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 30.0
PLAIN_BYTES: Final = 4 * 1024 * 1024
"""As much as an answer may have that is not a stream of events; a list of some hundred models has 100 kB."""
EVENT_BYTES: Final = 1024 * 1024
"""As much as one event of a stream may have: an SDK keeps and copies it until it is whole."""
EVENT_LINES: Final = 100
"""As many lines as one event may have instead of two or three: Anthropic's SDK copies all of it for each."""
KEPT_CONNECTIONS: Final = 100
OWN_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "user-agent",
        "x-api-key",
    }
)
_BLANK_LINES: Final = (b"\n\n", b"\r\r", b"\r\n\r\n")


class OverlongAnswerError(Exception):
    """An answer is larger than any that makes sense."""


class EncodedAnswerError(Exception):
    """An answer is compressed although nobody asked for it; what it unpacks to has no bound."""


def make_client(*, idle_seconds: float, left_out: frozenset[str] = frozenset()) -> httpx2.AsyncClient:
    """Return a client for an SDK; whoever gave it closes the SDK.

    It takes the proxy and the certificates that the environment names. Headers that an SDK takes from there are left
    out of every request, and those of `left_out`.
    """

    async def leave_out_headers(request: httpx2.Request) -> None:
        for name in tuple(request.headers.keys()):
            if not _is_own(name) or name in left_out:
                del request.headers[name]

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(idle_seconds, connect=CONNECT_SECONDS, write=WRITE_SECONDS),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS),
        headers={"accept-encoding": "identity"},
        follow_redirects=False,
        event_hooks={"request": [leave_out_headers], "response": [_bound]},
    )


def _is_own(name: str) -> bool:
    return name in OWN_HEADERS or name.startswith("x-stainless-")


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        await response.aclose()
        raise EncodedAnswerError
    is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Events(response.stream) if is_stream else _Plain(response.stream)


class _Plain(httpx2.AsyncByteStream):
    """Bytes up to a bound."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner
        self._count = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._inner:
            self._watch(data)
            yield data

    async def aclose(self) -> None:
        """Close what is beneath."""
        await self._inner.aclose()

    def _watch(self, data: bytes) -> None:
        self._count += len(data)
        if self._count > PLAIN_BYTES:
            raise OverlongAnswerError


class _Events(_Plain):
    """Server-sent events, each of them up to a bound, as many as there are."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        super().__init__(inner)
        self._lines = 0
        self._tail = b""

    def _watch(self, data: bytes) -> None:
        # A blank line may be split over what is read.
        seen = self._tail + data
        ends = [place + len(blank) for blank in _BLANK_LINES if (place := seen.rfind(blank)) >= 0]
        unfinished = seen[max(ends) :] if ends else data
        lines = max(unfinished.count(b"\n"), unfinished.count(b"\r"))
        self._count = len(unfinished) + (0 if ends else self._count)
        self._lines = lines + (0 if ends else self._lines)
        self._tail = seen[-3:]
        if self._count > EVENT_BYTES or self._lines > EVENT_LINES:
            raise OverlongAnswerError
