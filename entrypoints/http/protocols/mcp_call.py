"""tools/call: a run of the prompt set that the tool is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import validate_mcp_param_headers
from mcp_types import INVALID_PARAMS, CallToolRequestParams, CallToolResult

from domain.content.prompt_set import parse_prompt_set
from domain.errors import Fault, GalleyError, InvalidRequestError, PromptNotFoundError
from domain.run.model import StoredRun
from entrypoints.http.cursor import Cursor
from entrypoints.http.problems import status_of
from entrypoints.http.protocols.mcp_exchange import Exchange
from entrypoints.http.protocols.mcp_result import refuse_call
from entrypoints.http.protocols.mcp_session import cancel_soon, key_of_call
from entrypoints.http.protocols.mcp_stream import tell_run
from entrypoints.http.requests import RunBody
from entrypoints.http.shape import shape
from entrypoints.start import read_trace_id, start_run

OPTIONS: Final = "galley/run"
"""In the call's `_meta`: what a run's request may have besides prompt set and inputs."""

_OPTIONS_POINTER: Final = "/_meta/galley~1run"
_NOT_OPTIONS: Final = {
    "prompt": "is the tool; call another one",
    "inputs": "are the arguments of the tool",
    "text": "is one of the arguments of the tool",
}
_NOT_IN_SESSIONS: Final = {
    "run_id": "is made from session and request id, so that a repeated request finds its run; leave it out"
}


async def begin_call(exchange: Exchange, params: CallToolRequestParams, meta: Mapping[str, Any]) -> CallToolResult:
    """Start the run and open the exchange's stream; what can't be started is a result that says so, for the model.

    Raises:
        MCPError: There is no such tool, or a header contradicts the arguments.
    """
    try:
        await _check_tool(exchange, params.name, params.arguments or {})
        options = _read_options(exchange, meta)
        # From version 2026-07-28 on, whoever leaves has cancelled the call; before it, they may come again.
        ends_with_client = exchange.session is None and options.get("on_disconnect") != "continue"
        body = {**options, "prompt": params.name, "inputs": params.arguments or {}}
        run = await (_start_for_client if ends_with_client else _start)(exchange, body, meta)
    except GalleyError as error:
        if status_of(error) == 500:
            raise
        return await refuse_call(error)
    exchange.stream = tell_run(exchange, Cursor(run.id, 0, 0), ends_with_client=ends_with_client)
    exchange.stream_headers["X-Run-Id"] = run.id
    return CallToolResult(content=[])


async def _start(exchange: Exchange, body: Mapping[str, Any], meta: Mapping[str, Any]) -> StoredRun:
    try:
        request = shape(body, RunBody).to_request(body["prompt"])
        run, _ = await start_run(
            exchange.services,
            exchange.principal,
            request,
            key=None if exchange.session is None else key_of_call(exchange.session, exchange.request_id),
            trace_id=_find_trace_id(exchange, meta),
        )
    except InvalidRequestError as error:
        raise _point_into_call(error) from None
    return run


async def _start_for_client(exchange: Exchange, body: Mapping[str, Any], meta: Mapping[str, Any]) -> StoredRun:
    """Start a run, and cancel it where the client leaves meanwhile."""
    named = {"run_id": exchange.services.new_run_id(), **body}
    try:
        return await _start(exchange, named, meta)
    except asyncio.CancelledError:
        await cancel_soon(exchange.services, exchange.principal, str(named["run_id"]))
        raise


def _find_trace_id(exchange: Exchange, meta: Mapping[str, Any]) -> str | None:
    given = meta.get("traceparent")
    return read_trace_id(given if isinstance(given, str) else exchange.headers.get("traceparent"))


async def _check_tool(exchange: Exchange, name: str, arguments: Mapping[str, Any]) -> None:
    unknown = MCPError(INVALID_PARAMS, f"Unknown tool: {name[:200]}. tools/list names those that there are.")
    if "@" in name:
        # Another version than the newest one, which is in no list.
        raise unknown
    try:
        version = await exchange.services.prompts.find(name)
    except PromptNotFoundError:
        raise unknown from None
    schema = parse_prompt_set(version.content).inputs
    if exchange.session is None and (rejection := validate_mcp_param_headers(schema, arguments, exchange.headers)):
        raise MCPError(rejection.code, rejection.message)


def _read_options(exchange: Exchange, meta: Mapping[str, Any]) -> dict[str, Any]:
    given = meta.get(OPTIONS, {})
    if not isinstance(given, dict):
        raise InvalidRequestError(
            "The call has a fault.", (Fault(pointer=_OPTIONS_POINTER, message="is not an object"),)
        )
    refused = _NOT_OPTIONS | ({} if exchange.session is None else _NOT_IN_SESSIONS)
    faults = tuple(
        Fault(pointer=f"{_OPTIONS_POINTER}/{name}", message=why) for name, why in refused.items() if name in given
    )
    if faults:
        raise InvalidRequestError("The call has a fault.", faults)
    return given


def _point_into_call(error: InvalidRequestError) -> InvalidRequestError:
    """Return the error with pointers into the call's params instead of a run's request."""
    error.faults = tuple(evolve(fault, pointer=_locate(fault.pointer)) for fault in error.faults)
    return error


def _locate(pointer: str) -> str:
    first, slash, rest = pointer.lstrip("/").partition("/")
    return f"/arguments{slash}{rest}" if first == "inputs" else f"{_OPTIONS_POINTER}{pointer}"
