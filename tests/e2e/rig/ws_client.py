"""A client that follows many runs over one socket to their ends, through every break of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.e2e.rig.client import CONTROLS, RETRY_PAUSE_SECONDS, ClientLog, RefusedError
from tests.e2e.rig.sse_reader import Frame

SUBPROTOCOL = "galley.v1"


@frozen(kw_only=True)
class WsClient:
    """One user at one port, which may be a proxy's."""

    port: int
    token: str
    user: str

    def open(self, **options: Any) -> connect:
        """Open one socket, with the token as a subprotocol."""
        given: dict[str, Any] = {
            "subprotocols": [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{self.token}")],
            "proxy": None,
            "close_timeout": 1.0,
        }
        return connect(f"ws://127.0.0.1:{self.port}/ws", **given | options)

    async def follow_new(self, bodies: Mapping[str, Mapping[str, Any]], *, seconds: float = 60.0) -> list[ClientLog]:
        """Start a run for each key and follow all of them over one socket after the other; return logs in that order.

        Raises:
            TimeoutError: They did not end within `seconds`.
            RefusedError: A message was refused.
        """
        logs = {key: ClientLog(user=self.user) for key in bodies}
        async with asyncio.timeout(seconds):
            while not all(log.has_ended for log in logs.values()):
                try:
                    async with self.open() as socket:
                        await self._ask(socket, bodies, logs)
                        await _listen(socket, logs)
                except (WebSocketException, OSError, EOFError):
                    await asyncio.sleep(RETRY_PAUSE_SECONDS)
        return list(logs.values())

    async def _ask(
        self, socket: ClientConnection, bodies: Mapping[str, Mapping[str, Any]], logs: Mapping[str, ClientLog]
    ) -> None:
        for key, log in logs.items():
            log.connections += 1
            if log.has_ended:
                continue
            if log.run_id is None:
                await socket.send(json.dumps({"type": "start", "run": bodies[key], "key": key, "ref": key}))
            else:
                await socket.send(json.dumps({"type": "follow", "run_id": log.run_id, "after": log.last_id}))


async def _listen(socket: ClientConnection, logs: Mapping[str, ClientLog]) -> None:
    """Take what comes until every run has ended, or the socket."""
    while not all(log.has_ended for log in logs.values()):
        text = str(await socket.recv())
        message = json.loads(text)
        name, data = message["event"], message["data"]
        if name == "refused":
            raise RefusedError(data["status"], json.dumps(data))
        if name == "started":
            logs[message["ref"]].run_id = data["run_id"]
        elif "id" in message or (name in CONTROLS and "run_id" in data):
            (log,) = [log for log in logs.values() if log.run_id == data["run_id"]]
            # As it came, not as it would be written again: it is to be what the log holds, to the byte.
            log.take(Frame(id=message.get("id", ""), event=name, data=text.partition(',"data":')[2][:-1]))
