"""The SDK's server with our handlers: it negotiates, validates and shapes; the wire itself is ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import define, field
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.runner import ServerRunner
from mcp.server.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from entrypoints.http.protocols.mcp_call import begin_call
from entrypoints.http.protocols.mcp_changes import Tools, tell_changes
from entrypoints.http.protocols.mcp_exchange import Exchange
from entrypoints.http.protocols.mcp_message import encode_message
from entrypoints.http.protocols.mcp_tools import describe_tool
from entrypoints.services import Services

Context = ServerRequestContext[None, Exchange]

INSTRUCTIONS: Final = (
    "Each tool has one kind of text written, and gives it back once it has passed the checks of its kind, or the best "
    "one with what the checks still have against it. A call takes seconds to minutes, tells its progress, and costs "
    "money; cancel it when its text is not wanted any more."
)


@define(eq=False, slots=False)
class McpServer:
    """One service as a server of the protocol."""

    services: Services
    tools: Tools = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tools = Tools(self.services)

    @cached_property
    def _server(self) -> Server[None]:
        return Server[None](
            "galley",
            version=self.services.version,
            title="Galley",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_subscriptions_listen=self._listen,
        )

    async def answer(
        self, exchange: Exchange, connection: Connection, method: str, params: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return the result of a request; it does not count where the exchange has a stream afterwards.

        Raises:
            MCPError: The request is refused.
            pydantic.ValidationError: Its params are not what the method takes.
        """
        options = self._server.create_initialization_options(NotificationOptions(tools_changed=True))
        runner = ServerRunner(self._server, connection, None, init_options=options)
        return await runner.on_request(exchange, method, params)

    def watch(self, exchange: Exchange) -> AsyncGenerator[bytes, None]:
        """Return the stream of a client that wants to be told of changes, in the older versions."""
        return tell_changes(exchange, self.tools)

    async def _list_tools(self, _: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params is not None and params.cursor is not None:
            raise MCPError(INVALID_PARAMS, "There is only one page of tools; leave the cursor out.")
        return ListToolsResult(tools=[describe_tool(version) for version in await self.services.prompts.list()])

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        meta = (context.params or {}).get("_meta") or {}
        return await begin_call(_exchange_of(context), params, meta)

    async def _listen(self, context: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        exchange = _exchange_of(context)
        meta = {SUBSCRIPTION_ID_META_KEY: exchange.request_id}
        is_wanted = params.notifications.tools_list_changed is True
        told = {"notifications": {"toolsListChanged": True} if is_wanted else {}, "_meta": meta}
        result = SubscriptionsListenResult(_meta=meta)
        exchange.stream = tell_changes(
            exchange,
            self.tools if is_wanted else None,
            opening=encode_message({"method": "notifications/subscriptions/acknowledged", "params": told}),
            closing=encode_message(
                {"id": exchange.request_id, "result": result.model_dump(by_alias=True, mode="json")}
            ),
            meta=meta,
        )
        return result


def _exchange_of(context: Context) -> Exchange:
    assert context.request is not None
    return context.request
