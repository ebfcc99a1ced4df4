"""What both clients have in common: where the server is, who asks, how long to wait, and how an answer is read."""

from __future__ import annotations

from typing import Any, Final

import httpx

from galley_client.backoff import Backoff
from galley_client.calls import Call, Start, T
from galley_client.errors import UnreachableError, read_problem
from galley_client.following import Following
from galley_client.session import Session, SessionAuth

OTHER_SECONDS: Final = 10.0
"""For whatever is not silence of a stream: connecting, and sending a request."""

MISSED_HEARTBEATS: Final = 2.5
"""A stream that is silent for so many of them is given up and asked for again."""


class Connection:
    """A server and who asks there: `token` as it was given, else from a log-in with `username` and `password`."""

    def __init__(
        self,
        url: str,
        *,
        username: str | None,
        password: str | None,
        token: str | None,
        heartbeat: float,
        backoff: Backoff | None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} must start with http:// or https://")
        if (username is None) != (password is None):
            raise ValueError("username and password belong together")
        self.url = url.rstrip("/")
        self.session = Session(self.url, username=username, password=password, token=token)
        self._heartbeat = heartbeat
        self._backoff = backoff or Backoff()

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of httpx's clients. Any number of streams may be open, and each bounds its silence."""
        return {
            "base_url": self.url,
            "auth": SessionAuth(self.session),
            "timeout": httpx.Timeout(OTHER_SECONDS, read=MISSED_HEARTBEATS * self._heartbeat),
            "limits": httpx.Limits(max_connections=None),
        }

    def follow(self, *, start: Start | None = None, run_id: str | None = None, after: str | None = None) -> Following:
        """Begin to follow a run, or one that is started by that."""
        return Following(self.url, self.session, self._backoff, start=start, run_id=run_id, after=after)

    def unreachable(self, error: httpx.RequestError) -> UnreachableError:
        """Say that a request got no answer."""
        if isinstance(error, httpx.ConnectError):
            return UnreachableError(f"Nothing answers at {self.url}; is the server running?")
        return UnreachableError(f"{self.url} can't be reached: {str(error).rstrip('.') or type(error).__name__}.")


def read_answer(call: Call[T], response: httpx.Response) -> T:
    """Read the answer to a call.

    Raises:
        ProblemError: It is a refusal.
    """
    if not response.is_success:
        raise read_problem(response)
    return call.read(response)
