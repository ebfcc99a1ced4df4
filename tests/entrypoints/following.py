"""A client that follows a run at a scripted server, and the frames that such a server sends."""

import json
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from attrs import define, field

from entrypoints.client import RunClient
from entrypoints.client_login import ClientError, ClientLogin
from entrypoints.run_feed import Item, StartOver
from tests.entrypoints.scripted_server import ScriptedServer

RUN = "11111111-2222-4333-8444-555555555555"
BODY = {"prompt": "blog-post", "inputs": {"topic": "tea"}}
TOKENS = {"access_token": "a1", "refresh_token": "r1", "token_type": "Bearer", "expires_in": 900}


def frame(seq: int, event: str = "progress", **fields: Any) -> bytes:
    data = {"run_id": RUN, "seq": seq, "time": "2026-01-01T00:00:00.000Z", "type": event} | fields
    return f"id: {RUN}:1-{seq}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()


def control(event: str) -> bytes:
    return f"event: {event}\ndata: {{}}\n\n".encode()


@define
class Following:
    """What a client saw, and how long it waited between its tries."""

    items: list[Item] = field(factory=list)
    pauses: list[float] = field(factory=list)

    @property
    def seen(self) -> list[str]:
        return ["start over" if isinstance(item, StartOver) else f"{item.seq} {item.type}" for item in self.items]


async def follow(server: ScriptedServer, *, password: str = "", token: str | None = "t") -> Following:
    following = Following()

    async def pause(seconds: float) -> None:
        following.pauses.append(seconds)

    async with httpx.AsyncClient(base_url=server.url) as http:
        login = ClientLogin(http=http, token=token, name="ann", password=password)
        client = RunClient(http=http, login=login, sleep=pause, chance=lambda: 1.0)
        async with aclosing(client.follow(BODY, key="k1")) as items:
            async for item in items:
                following.items.append(item)
    return following


async def refused(server: ScriptedServer, *, password: str = "", token: str | None = "t") -> str:
    with pytest.raises(ClientError) as caught:
        await follow(server, password=password, token=token)
    return caught.value.message
