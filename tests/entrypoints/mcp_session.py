"""A session of the protocol at a house, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from quart import Response

from tests.entrypoints.arrangement import House
from tests.entrypoints.event_stream import EventStream

Headers = dict[str, str]

VERSION = "2025-11-25"
MODERN = "2026-07-28"
INITIALIZE: Mapping[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}},
}
CALL: Mapping[str, Any] = {
    "jsonrpc": "2.0",
    "id": 7,
    "method": "tools/call",
    "params": {"name": "note", "arguments": {"topic": "tea"}, "_meta": {"progressToken": "t"}},
}
ENVELOPE: Mapping[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


async def open_session(house: House, headers: Headers) -> Headers:
    """Begin a session; return the headers that its requests carry."""
    answer = await house.ask("POST", "/mcp", headers, INITIALIZE)
    assert answer.status_code == 200, await answer.get_data()
    return {**headers, "Mcp-Session-Id": answer.headers["Mcp-Session-Id"], "MCP-Protocol-Version": VERSION}


def message(method: str, params: Any = None, *, id: int | str | None = 1) -> dict[str, Any]:  # noqa: A002
    """Return a request, or without an id a notification."""
    made: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    return made | ({} if id is None else {"id": id}) | ({} if params is None else {"params": params})


def alone(
    headers: Headers, method: str, params: Mapping[str, Any] | None = None, **more: str
) -> tuple[Headers, dict[str, Any]]:
    """Return headers and body of a request of the version without sessions."""
    given = dict(params or {})
    meta = {**ENVELOPE, **given.pop("_meta", {})}
    named = {"Mcp-Name": given["name"]} if "name" in given else {}
    sent = {**headers, "MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named, **more}
    return sent, message(method, {**given, "_meta": meta}, id=7)


async def read_error(answer: Response) -> tuple[int, int, str]:
    """Return status, code and message of a refusal."""
    told = await answer.get_json()
    assert answer.content_type == "application/json", told
    return answer.status_code, told["error"]["code"], told["error"]["message"]


def read_messages(data: bytes) -> list[dict[str, Any]]:
    """Return the messages of a stream, and the ids that it can be resumed from as `_id`."""
    read = EventStream.read(data).messages
    return [msgspec.json.decode(one.data) | {"_id": one.last_event_id} for one in read if one.data]
