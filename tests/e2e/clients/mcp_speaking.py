"""The MCP SDK's own client at a Galley, and the bare protocol where a client would not do what a test needs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
from attrs import define, field
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

LEGACY = "legacy"
MODERN = "2026-07-28"
MODES = (LEGACY, MODERN)
HANDSHAKE_VERSION = "2025-11-25"
ACCEPT = {"Accept": "application/json, text/event-stream"}
SECONDS = 60.0


@asynccontextmanager
async def speak(url: str, headers: Mapping[str, str], mode: str, **options: Any) -> AsyncIterator[Client]:
    """Give the SDK's client, which has found out about the server."""
    async with (
        httpx2.AsyncClient(headers=dict(headers), timeout=SECONDS, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode, **options) as client,
    ):
        yield client


@define
class Progress:
    """What a call was told on its way."""

    told: list[tuple[float, float | None, str | None]] = field(factory=list)

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append((progress, total, message))

    @property
    def steps(self) -> list[float]:
        return [progress for progress, _, _ in self.told]


def text_of(result: CallToolResult) -> str:
    """Return the first text of a result."""
    return str(getattr(result.content[0], "text", ""))


def told_of(result: CallToolResult) -> dict[str, Any]:
    """Return the structured content of a result."""
    told: dict[str, Any] = result.structured_content
    return told


@define
class Bare:
    """The protocol by hand, in its last version with sessions."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]
    session: str = ""

    def all_headers(self, **more: str) -> dict[str, str]:
        """Return what a request of the session carries."""
        named = {"Mcp-Session-Id": self.session} if self.session else {}
        return {**self.headers, **ACCEPT, "MCP-Protocol-Version": HANDSHAKE_VERSION, **named, **more}

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        """Post a message as it is."""
        return await self.http.post("/mcp", json=body, headers=self.all_headers(**headers))

    async def open(self) -> None:
        """Begin a session."""
        client = {"protocolVersion": HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        answer = await self.post(request("initialize", client, id=0))
        assert answer.status_code == 200, answer.text
        self.session = answer.headers["Mcp-Session-Id"]


@asynccontextmanager
async def speak_barely(url: str, headers: Mapping[str, str]) -> AsyncIterator[Bare]:
    """Give a session of the bare protocol."""
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, trust_env=False) as http:
        bare = Bare(http, headers)
        await bare.open()
        yield bare


def request(method: str, params: Any = None, *, id: int | str = 1) -> dict[str, Any]:  # noqa: A002
    """Return a request's body."""
    return {"jsonrpc": "2.0", "id": id, "method": method} | ({} if params is None else {"params": params})


def call(topic: str, *, id: int | str = 1, tool: str = "kites", token: int | None = None) -> dict[str, Any]:  # noqa: A002
    """Return the body of a call."""
    meta = {} if token is None else {"_meta": {"progressToken": token}}
    return request("tools/call", {"name": tool, "arguments": {"topic": topic}, **meta}, id=id)


def read_events(text: str) -> list[tuple[str, dict[str, Any] | None]]:
    """Return id and message of each whole event; the one that opens a stream has no message."""
    events = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        data = fields.get("data", "")
        events.append((fields.get("id", ""), json.loads(data) if data.strip() else None))
    return events
