"""What a message comes to: which version of the protocol it is of, whose session, and how it is answered."""

from __future__ import annotations

from typing import Any, Final

from mcp.server.connection import Connection
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
)
from mcp.shared.jsonrpc_dispatcher import cancelled_request_id_from_params
from mcp_types import HEADER_MISMATCH, INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from msgspec import UNSET, json
from pydantic import ValidationError
from quart import Response, request

from domain.user import Principal
from entrypoints.http import sse
from entrypoints.http.answers import answer_bytes
from entrypoints.http.cursor import Cursor
from entrypoints.http.position import locate
from entrypoints.http.problems import HTTPError
from entrypoints.http.protocols.mcp_event_id import parse_event_id
from entrypoints.http.protocols.mcp_exchange import Exchange, begin_exchange
from entrypoints.http.protocols.mcp_message import McpAnswer, McpMessage, answer_failure
from entrypoints.http.protocols.mcp_server import McpServer
from entrypoints.http.protocols.mcp_session import cancel_call, open_session, read_version, require_session
from entrypoints.http.protocols.mcp_stream import tell_run
from entrypoints.http.stream import endless
from entrypoints.ownership import find_run

MOST_FAULTS: Final = 5


async def hear(server: McpServer, principal: Principal, message: McpMessage) -> Response:
    """Answer one message; what the protocol refuses is an error of it.

    Raises:
        HTTPError: 400 or 404, the message has no session, and its version wants one.
    """
    version = read_version()
    has_sessions = version in HANDSHAKE_PROTOCOL_VERSIONS
    try:
        return await (_hear_in_session if has_sessions else _hear_alone)(server, principal, message, version)
    except ValidationError as error:
        refused = MCPError(INVALID_PARAMS, _explain(error))
    except MCPError as error:
        refused = error
    # The versions with sessions tell an error by the body alone: a 404 would end the session.
    status = 200 if has_sessions else ERROR_CODE_HTTP_STATUS.get(refused.code, 200)
    return answer_failure(status, refused.code, refused.message, UNSET if refused.data is None else refused.data)


async def resume(server: McpServer, principal: Principal, last_event_id: str | None) -> Response:
    """Open a stream without a request: the rest of one that was cut, else what tells of changes.

    Raises:
        HTTPError: 400 or 404, there is no session; 405, the version has no such streams.
        InvalidCursorError: The id is none of ours.
        RunNotFoundError: It is of somebody else's run, or of none.
    """
    services, version = server.services, read_version()
    if version not in HANDSHAKE_PROTOCOL_VERSIONS:
        raise HTTPError(405, "method_not_allowed", "In this version send requests by POST.", headers={"Allow": "POST"})
    session = require_session(services, principal)
    if last_event_id is None:
        exchange = begin_exchange(services, principal, version, session)
        return endless(server.watch(exchange), sse.CONTENT_TYPE, {})
    seen = parse_event_id(last_event_id)
    run = await find_run(services, principal, seen.cursor.run_id)
    position = await locate(services, run.id, seen.cursor)
    if position.is_over:
        return Response(status=204)
    exchange = begin_exchange(services, principal, version, session, seen.request_id, seen.token)
    start = Cursor(run.id, 0, 0) if position.is_reset else seen.cursor
    return endless(tell_run(exchange, start, seen.progress), sse.CONTENT_TYPE, {"X-Run-Id": run.id})


async def _hear_in_session(server: McpServer, principal: Principal, message: McpMessage, version: str) -> Response:
    services = server.services
    is_first = message.method == "initialize" and message.id is not UNSET
    session = open_session(services, principal) if is_first else require_session(services, principal)
    if message.id is UNSET:
        request_id = cancelled_request_id_from_params(message.given_params)
        if message.method == "notifications/cancelled" and request_id is not None:
            await cancel_call(services, principal, session, request_id)
        return Response(status=202)
    exchange = begin_exchange(services, principal, version, session, message.id, message.progress_token)
    made = await _answer(server, exchange, Connection.from_envelope(version, None, None), message)
    if is_first:
        made.headers["Mcp-Session-Id"] = session
    return made


async def _hear_alone(server: McpServer, principal: Principal, message: McpMessage, version: str) -> Response:
    """Answer a message of the versions without sessions, whose notifications mean nothing."""
    if message.id is UNSET:
        if rejection := unsupported_protocol_version_rejection(version):
            raise _refuse(rejection)
        return Response(status=202)
    if name := find_duplicated_routing_header(request.headers.items()):
        raise MCPError(HEADER_MISMATCH, f"The header {name} is there more than once.")
    exchange = begin_exchange(server.services, principal, version, None, message.id, message.progress_token)
    body = {"method": message.method, "params": message.given_params}
    route = classify_inbound_request(body, headers=exchange.headers)
    if isinstance(route, InboundLadderRejection):
        raise _refuse(route)
    connection = Connection.from_envelope(route.protocol_version, route.client_info, route.client_capabilities)
    return await _answer(server, exchange, connection, message)


async def _answer(server: McpServer, exchange: Exchange, connection: Connection, message: McpMessage) -> Response:
    result = await server.answer(exchange, connection, message.method, message.given_params)
    if exchange.stream is not None:
        return endless(exchange.stream, sse.CONTENT_TYPE, exchange.stream_headers)
    return answer_bytes(json.encode(McpAnswer(id=exchange.request_id, result=result)))


def _refuse(rejection: InboundLadderRejection) -> MCPError:
    return MCPError(rejection.code, rejection.message, rejection.data)


def _explain(error: ValidationError) -> str:
    faults: list[Any] = error.errors(include_url=False, include_context=False, include_input=False)
    told = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:MOST_FAULTS])
    return f"The params are not what this method takes. {told}"
