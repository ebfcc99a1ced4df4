"""Proving who asks: a token that was given, or a name and a password from which tokens are got and renewed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from galley_client.errors import ProtocolError, read_problem

_REFUSED: Final = frozenset({400, 401, 403, 422})
"""What says that a refresh token is of no use any more."""

Flow = Generator[httpx.Request, httpx.Response, None]


class _Tokens(Struct, frozen=True):
    access_token: str
    refresh_token: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Tokens)


class Session:
    """The tokens for one server, and what has to be asked for the next one. It sends nothing."""

    def __init__(self, url: str, *, username: str | None = None, password: str | None = None, token: str | None = None):
        self.token = token
        self._url = url
        self._username = username
        self._password = password
        self._refresh_token: str | None = None

    @property
    def can_renew(self) -> bool:
        """Whether there is another token to be had."""
        return self._password is not None

    def expire(self, token: str | None) -> None:
        """Note that a token is of no use any more; somebody may have renewed it meanwhile."""
        if self.can_renew and self.token == token:
            self.token = None

    def acquire(self, request: httpx.Request) -> Flow:
        """Yield the requests that lead to a token, none where there is one; each is sent the answer to it.

        Raises:
            ProblemError: Name and password were refused, or the server can't say now.
        """
        if self.token is not None or not self.can_renew:
            return
        # Each refresh token works once: after an answer that got lost the next use of it would end the session.
        refresh_token, self._refresh_token = self._refresh_token, None
        if refresh_token is not None:
            response = yield self._ask(request, "/auth/refresh", {"refresh_token": refresh_token})
            if response.status_code not in _REFUSED:
                self._keep(response)
                return
        self._keep((yield self._ask(request, "/auth/login", {"username": self._username, "password": self._password})))

    def _ask(self, request: httpx.Request, path: str, body: dict[str, str | None]) -> httpx.Request:
        # A request that is made by hand has no timeouts of its own.
        return httpx.Request("POST", self._url + path, json=body, extensions=request.extensions)

    def _keep(self, response: httpx.Response) -> None:
        if not response.is_success:
            raise read_problem(response)
        try:
            tokens = _DECODER.decode(response.content)
        except msgspec.DecodeError:
            raise ProtocolError(f"{self._url} does not answer as a Galley server does.") from None
        self.token, self._refresh_token = tokens.access_token, tokens.refresh_token


class SessionAuth(httpx.Auth):
    """Gives every request the session's token, and renews one that was refused, once; one at a time does that."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._async_lock = asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token."""
        for _ in range(2):
            with self._lock:
                flow = self._session.acquire(request)
                asked = next(flow, None)
                while asked is not None:
                    answer = yield asked
                    answer.read()
                    asked = _go_on(flow, answer)
                token = self._session.token
            response = yield _authorize(request, token)
            if not self._is_stale(response, token):
                return

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token."""
        for _ in range(2):
            async with self._async_lock:
                flow = self._session.acquire(request)
                asked = next(flow, None)
                while asked is not None:
                    answer = yield asked
                    await answer.aread()
                    asked = _go_on(flow, answer)
                token = self._session.token
            response = yield _authorize(request, token)
            if not self._is_stale(response, token):
                return

    def _is_stale(self, response: httpx.Response, token: str | None) -> bool:
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return False
        self._session.expire(token)
        return self._session.can_renew


def _go_on(flow: Flow, answer: httpx.Response) -> httpx.Request | None:
    try:
        return flow.send(answer)
    except StopIteration:
        return None


def _authorize(request: httpx.Request, token: str | None) -> httpx.Request:
    if token is not None:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


def token_of(response: httpx.Response) -> str | None:
    """Return the token that a request was sent with."""
    return response.request.headers.get("Authorization", "").removeprefix("Bearer ") or None
