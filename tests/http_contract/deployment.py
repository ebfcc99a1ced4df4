"""The deployment that is judged: where it is, who logs in there, and whether it can be judged at all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import define, field, frozen

URL = "GALLEY_URL"
USERNAME = "GALLEY_USERNAME"
PASSWORD = "GALLEY_PASSWORD"
REQUEST_SECONDS = 60.0
EARLY_SECONDS = 60.0
TAG = "contract kit"


class SetupError(Exception):
    """There is nothing here that can be judged; the message is one line that says what to do."""


@frozen
class Deployment:
    """An address without a slash at its end, and the user whose runs are made and deleted."""

    url: str
    username: str
    password: str = field(repr=False)


def read_deployment(environment: Mapping[str, str]) -> Deployment:
    """Read the address and the log-in from the environment.

    Raises:
        SetupError: One is missing or is no address of a service.
    """
    url = environment.get(URL, "").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError("Say what to judge: make contract URL=http://127.0.0.1:8000")
    if parts.username is not None or parts.query or parts.fragment:
        raise SetupError(f"Leave user, password and query out of the URL; the log-in is {USERNAME} and {PASSWORD}.")
    password = environment.get(PASSWORD, "")
    if not password:
        raise SetupError(f"Put the user's password into the environment as {PASSWORD}.")
    return Deployment(url, environment.get(USERNAME) or "admin", password)


def open_http(url: str) -> httpx.Client:
    """Open connections that know of no proxy and wait for so long and no longer."""
    return httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False)


def read_description(deployment: Deployment) -> dict[str, Any]:
    """Return the description of what answers.

    Raises:
        SetupError: Nothing does, or it is no Galley.
    """
    try:
        with open_http(deployment.url) as http:
            answer = http.get("/openapi.json")
        described: Any = answer.json() if answer.status_code == 200 else {}
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SetupError(f"Nothing answers at {deployment.url}: {error}.") from None
    except ValueError:
        described = {}
    if not isinstance(described, dict) or described.get("info", {}).get("title") != "Galley":
        raise SetupError(f"What answers at {deployment.url} is not Galley: /openapi.json is not its description.")
    return described


def log_in(deployment: Deployment) -> dict[str, Any]:
    """Begin a session and return its tokens.

    Raises:
        SetupError: The log-in is refused.
    """
    with open_http(deployment.url) as http:
        body = {"username": deployment.username, "password": deployment.password}
        answer = http.post("/auth/login", json=body)
    match answer.status_code:
        case 200:
            return dict(answer.json())
        case 401:
            raise SetupError(f"User name and password don't match for {deployment.username!r}.")
        case 429:
            wait = answer.headers.get("Retry-After", "60")
            raise SetupError(f"Too many log-ins failed there; try again in {wait} seconds.")
        case status:
            raise SetupError(f"Nobody can log in at {deployment.url}: status {status}.")


@define
class Session:
    """A session that renews its access token before it is over."""

    deployment: Deployment
    tokens: dict[str, Any]
    _read_at: float = field(factory=time.monotonic)
    _lock: threading.Lock = field(factory=threading.Lock)

    @classmethod
    def begin(cls, deployment: Deployment) -> Session:
        """Log in; raises as `log_in` does."""
        return cls(deployment, log_in(deployment))

    def headers(self) -> dict[str, str]:
        """Return the header that speaks for the user."""
        with self._lock:
            left = self.tokens["expires_in"] - (time.monotonic() - self._read_at)
            if left < min(EARLY_SECONDS, self.tokens["expires_in"] / 2):
                self._renew()
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def _renew(self) -> None:
        with open_http(self.deployment.url) as http:
            answer = http.post("/auth/refresh", json={"refresh_token": self.tokens["refresh_token"]})
        answer.raise_for_status()
        self.tokens, self._read_at = answer.json(), time.monotonic()

    def end(self) -> None:
        """Log out."""
        with open_http(self.deployment.url) as http:
            http.post("/auth/logout", json={"refresh_token": self.tokens["refresh_token"]})


def current_deployment() -> Deployment:
    """Return the one that this process's environment names; raises as `read_deployment` does."""
    return read_deployment(os.environ)
