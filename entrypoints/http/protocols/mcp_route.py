"""/mcp: the prompt sets as tools of a Model Context Protocol server (streamable HTTP).

The SDK takes a second to import and 35 MB, so it is loaded when somebody first speaks the protocol.
"""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from msgspec import UNSET
from quart import Blueprint, Response, current_app, g, request

from domain.errors import ForbiddenError, GalleyError
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.operation import Answer, Operation, json_of, operation
from entrypoints.http.origin import is_own_origin
from entrypoints.http.position import read_last_event_id
from entrypoints.http.problems import HTTPError
from entrypoints.http.protocols.mcp_message import McpAnswer, McpMessage, answer_refusal
from entrypoints.http.stream import SSE

if TYPE_CHECKING:
    from entrypoints.http.protocols.mcp_server import McpServer

JSON: Final = "application/json"

blueprint = Blueprint("mcp", __name__)

_REFUSALS = {
    400: json_of(McpAnswer, "The body is not JSON, the session is missing, or the version is unknown."),
    401: json_of(McpAnswer, "There is no token, or it is not good any more."),
    403: json_of(McpAnswer, "The Origin is not the service's own."),
    404: json_of(McpAnswer, "The session or the method is unknown."),
    406: json_of(McpAnswer, "The client does not take what would be answered."),
    429: json_of(McpAnswer, "Too many requests."),
    503: json_of(McpAnswer, "Not now."),
}
STREAM = {
    "type": "string",
    "description": "Server-sent events, each with one JSON-RPC message as its data; comment lines are heartbeats.",
}
_HEADERS = ("Mcp-Session-Id", "MCP-Protocol-Version")


@blueprint.errorhandler(GalleyError)
async def refuse(error: GalleyError) -> Response:
    """Answer with an error of the protocol."""
    return await answer_refusal(error)


@blueprint.post("/mcp")
@operation(
    Operation(
        summary="Send a message of the Model Context Protocol: the prompt sets are its tools",
        tag="protocols",
        request=McpMessage,
        headers=_HEADERS,
        answers={
            200: Answer(
                meaning="The answer to the request, or the stream that ends with it.",
                content={JSON: McpAnswer, SSE: STREAM},
                headers=("Mcp-Session-Id", "X-Run-Id"),
            ),
            202: Answer(meaning="The notification was taken."),
            **_REFUSALS,
            408: json_of(McpAnswer, "The body did not arrive in time."),
            415: json_of(McpAnswer, "The body is not JSON by its type."),
            422: json_of(McpAnswer, "The body is no message of JSON-RPC 2.0."),
        },
        problems=(413,),
    )
)
async def speak_mcp() -> Response:
    """Answer one message."""
    _require_own_origin()
    _require_accepted(JSON, SSE)
    if read_last_event_id() is not None:
        raise HTTPError(400, "bad_request", "Go on with a stream by GET; a POST with Last-Event-ID starts nothing.")
    message = await read_body(McpMessage)
    g.mcp_id = None if message.id is UNSET else message.id
    server = await _find_server()
    from entrypoints.http.protocols.mcp_speaker import hear

    return await hear(server, principal(), message)


@blueprint.get("/mcp")
@operation(
    Operation(
        summary="Go on with a stream behind Last-Event-ID, else be told when the tools change",
        tag="protocols",
        headers=(*_HEADERS, "Last-Event-ID"),
        answers={
            200: Answer(meaning="The rest of the stream, or changes.", content={SSE: STREAM}),
            204: Answer(meaning="The answer was seen before: there is nothing more."),
            **_REFUSALS,
            405: json_of(McpAnswer, "This version of the protocol has no such stream."),
        },
    )
)
async def listen_mcp() -> Response:
    """Open one stream."""
    _require_own_origin()
    _require_accepted(SSE)
    server = await _find_server()
    from entrypoints.http.protocols.mcp_speaker import resume

    return await resume(server, principal(), read_last_event_id())


async def _find_server() -> McpServer:
    """Return the app's server, made when somebody first speaks to it; what it needs is imported on a thread."""
    found = current_app.extensions
    if "galley_mcp" not in found:
        await asyncio.to_thread(_import)
        from entrypoints.http.protocols.mcp_server import McpServer

        found.setdefault("galley_mcp", McpServer(current_services()))
    return cast("McpServer", found["galley_mcp"])


def _import() -> None:
    """Import what needs the SDK, and let the collector pass it over for good: its look held the loop for 90 ms."""
    gc.disable()
    try:
        import_module("entrypoints.http.protocols.mcp_speaker")
    finally:
        gc.freeze()
        gc.enable()


def _require_own_origin() -> None:
    """Let no page of another origin speak by way of a browser; programs send no Origin.

    Raises:
        ForbiddenError: The Origin is not the service's own.
    """
    url = current_services().public_url
    if "Origin" in request.headers and not is_own_origin(request.headers, url):
        raise ForbiddenError(f"In a browser this is only for pages of {url}, the service's PUBLIC_URL.")


def _require_accepted(*types: str) -> None:
    accepted = request.accept_mimetypes
    if accepted.provided and not all(accepted[media_type] for media_type in types):
        raise HTTPError(406, "not_acceptable", f"Accept {' and '.join(types)}.")
