"""How the client proves who it is: a token that was given, or a name and a password from which it gets its own."""

from __future__ import annotations

from typing import ClassVar

import httpx
import msgspec
from attrs import define, field, frozen

from domain.errors import GalleyError
from entrypoints.problem import describe_problem


class ClientError(GalleyError):
    """The server refused, or can't be followed any more; the message says what to do."""

    code: ClassVar[str] = "client"


@frozen(kw_only=True)
class _Tokens:
    access_token: str
    refresh_token: str | None = None


@define(kw_only=True)
class ClientLogin:
    """Access tokens for one server: `token` as it was given, else from a log-in with `name` and `password`."""

    http: httpx.AsyncClient
    token: str | None = field(default=None, repr=False)
    name: str = ""
    password: str = field(default="", repr=False)
    _refresh_token: str | None = field(default=None, init=False, repr=False)
    _is_confirmed: bool = field(default=False, init=False)

    @property
    def can_renew(self) -> bool:
        """Whether a refused token may be exchanged: never twice without the server having taken the last one."""
        return bool(self.password) and self._is_confirmed

    @property
    def headers(self) -> dict[str, str]:
        """What a request of ours must carry; nothing before `authorize`."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    async def authorize(self) -> dict[str, str]:
        """Return `headers`, logging in first where there is no token yet.

        Raises:
            ClientError: Name and password were refused.
        """
        if self.token is None:
            await self._take_tokens("/auth/login", {"username": self.name, "password": self.password})
        return self.headers

    def confirm(self) -> None:
        """Note that the server took the token."""
        self._is_confirmed = True

    async def renew(self) -> None:
        """Get another token, by refreshing or else by logging in again.

        Raises:
            ClientError: Both were refused.
        """
        self._is_confirmed = False
        refresh_token, self._refresh_token = self._refresh_token, None
        if refresh_token is not None:
            try:
                await self._take_tokens("/auth/refresh", {"refresh_token": refresh_token})
            except ClientError:
                self.token = None
        else:
            self.token = None
        await self.authorize()

    async def _take_tokens(self, path: str, body: dict[str, str]) -> None:
        response = await self.http.post(path, json=body)
        if not response.is_success:
            raise ClientError(describe_problem(response))
        try:
            tokens = msgspec.json.decode(response.content, type=_Tokens)
        except msgspec.DecodeError:
            raise ClientError(f"{self.http.base_url} does not answer as a Galley server does.") from None
        self.token, self._refresh_token = tokens.access_token, tokens.refresh_token
