"""One request of a client's while it is answered: what the SDK's handlers know of it, and how it is answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import anyio
from attrs import define, field
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types.version import is_version_at_least
from quart import request

from domain.user import Principal
from entrypoints.http.sse import PADDING
from entrypoints.http.stream import is_behind_proxy
from entrypoints.services import Services

_FIRST_WITH_OPENINGS = "2025-11-25"


@define(eq=False, kw_only=True)
class Exchange:
    """A request, whose `stream` answers it where a handler has set one; else the handler's result does.

    It is the SDK's dispatch context, by which nothing is sent: notifications are part of a stream. From version
    2026-07-28 on there is no `session`, and leaving a stream cancels its request. `token` is what progress
    notifications name, `padding` goes behind a stream's first bytes.
    """

    services: Services
    principal: Principal
    version: str
    session: str | None
    request_id: int | str
    token: int | str | None = None
    headers: Mapping[str, str] = field(factory=dict)
    padding: bytes = b""
    stream: AsyncGenerator[bytes, None] | None = field(default=None, init=False)
    stream_headers: dict[str, str] = field(factory=dict, init=False)
    cancel_requested: anyio.Event = field(factory=anyio.Event, init=False)
    can_send_request: bool = field(default=False, init=False)

    @property
    def has_openings(self) -> bool:
        """Whether a stream may begin with an event that only has an id, so that any cut of it can be mended."""
        return self.session is not None and is_version_at_least(self.version, _FIRST_WITH_OPENINGS)

    @property
    def can_resume(self) -> bool:
        """Whether a client has an id to go on with, when its stream ends before its request is answered."""
        return self.session is not None and (self.has_openings or self.token is not None)

    @property
    def transport(self) -> TransportContext:
        """What the SDK wants to know of the connection."""
        return TransportContext(kind="streamable-http", can_send_request=False, headers=self.headers)

    @property
    def message_metadata(self) -> ServerMessageMetadata:
        """By this the SDK hands the exchange to a handler, as its context's `request`."""
        return ServerMessageMetadata(request_context=self)

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002 - the protocol's signature
        opts: CallOptions | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Ask the client something; nothing is ever asked."""
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Tell the client something outside of a stream; there is no such place."""

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Tell progress outside of a stream; there is no such place."""


def begin_exchange(
    services: Services,
    principal: Principal,
    version: str,
    session: str | None,
    request_id: int | str = 0,
    token: int | str | None = None,
) -> Exchange:
    """Return the exchange of the HTTP request under way."""
    return Exchange(
        services=services,
        principal=principal,
        version=version,
        session=session,
        request_id=request_id,
        token=token,
        headers={name.lower(): value for name, value in request.headers.items()},
        padding=PADDING if is_behind_proxy() else b"",
    )
