"""What one socket is told and tells: it follows many runs at once, and none of them depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, assert_never

from attrs import define, field

from domain.errors import GalleyError
from domain.run.model import StoredRun
from domain.user import Principal
from entrypoints.http.cursor import parse_cursor
from entrypoints.http.feed import Control, Feed
from entrypoints.http.follow import StreamTasks, pump
from entrypoints.http.position import Position, locate
from entrypoints.http.problems import HTTPError, status_of
from entrypoints.http.rate import RequestRate
from entrypoints.http.run import request_of
from entrypoints.http.websocket.messages import (
    Auth,
    Cancel,
    Follow,
    Message,
    Ping,
    Start,
    Unfollow,
    encode_refusal,
    encode_reply,
    find_ref,
    read_message,
)
from entrypoints.http.websocket.socket import AUTH_OVER, SocketEndError
from entrypoints.ownership import cancel_run, find_run
from entrypoints.services import Services
from entrypoints.start import start_run

MOST_FOLLOWED = 256
"""Runs that one socket may follow at once."""

OVER = "The token or its session is over; connect with a fresh one and resume."


@define(kw_only=True, eq=False)
class Conversation:
    """One socket's runs; replies go out by `say`, events by way of `feed`."""

    services: Services
    principal: Principal
    feed: Feed
    tasks: StreamTasks
    rate: RequestRate
    say: Callable[[str], Awaitable[None]]
    followed: dict[str, asyncio.Task[None]] = field(factory=dict)

    async def hear(self, text: str) -> None:
        """Do what a message asks for, or refuse it and say why; the socket goes on either way.

        Raises:
            SocketEndError: The session was revoked.
        """
        if await self.services.sessions.is_revoked(self.principal.session):
            raise SocketEndError(AUTH_OVER, OVER)
        try:
            self._count()
            await self._answer(await read_message(text))
        except GalleyError as error:
            if status_of(error) == 500 and not isinstance(error, HTTPError):
                raise
            await self.say(await encode_refusal(find_ref(text), error))

    def _count(self) -> None:
        if seconds := self.rate.take(self.principal.user_id):
            raise self.rate.refusal(seconds)

    async def _answer(self, message: Message) -> None:
        match message:
            case Start():
                await self._start(message)
            case Follow():
                await self._follow(message)
            case Unfollow():
                if (task := self.followed.pop(message.run_id, None)) is not None:
                    task.cancel()
                await self._reply("unfollowed", message, run_id=message.run_id)
            case Cancel():
                status = await cancel_run(self.services, self.principal, message.run_id)
                await self._reply("cancelling", message, run_id=message.run_id, status=status)
            case Ping():
                await self._reply("pong", message)
            case Auth():
                raise HTTPError(409, "already_authenticated", "This socket has its token; open another one.")
            case _:
                assert_never(message)

    async def _start(self, message: Start) -> None:
        self._require_room()
        request = await request_of(self.services, message.run)
        run, is_new = await start_run(self.services, self.principal, request, key=message.key)
        await self._reply("started", message, run_id=run.id, is_new=is_new)
        if run.id not in self.followed:
            self._join(run, Position())

    async def _follow(self, message: Follow) -> None:
        self._require_room()
        run = await find_run(self.services, self.principal, message.run_id)
        cursor = parse_cursor(message.after) if message.after else None
        if run.id in self.followed:
            raise HTTPError(409, "already_following", "This socket follows the run; unfollow it first.")
        position = await locate(self.services, run.id, cursor)
        await self._reply("following", message, run_id=run.id, is_over=position.is_over)
        if not position.is_over:
            self._join(run, position)

    def _require_room(self) -> None:
        if len(self.followed) >= MOST_FOLLOWED:
            detail = f"This socket follows {MOST_FOLLOWED} runs; unfollow one, or open another socket."
            raise HTTPError(429, "too_many_followed", detail)

    def _join(self, run: StoredRun, position: Position) -> None:
        if position.is_reset:
            self.feed.push([Control("reset", {"run_id": run.id})])
        self.followed[run.id] = self.tasks.add(self._pump(run.id, after=position.after))

    async def _pump(self, run_id: str, *, after: int) -> None:
        try:
            await pump(self.services, self.feed, run_id, after=after)
        finally:
            if self.followed.get(run_id) is asyncio.current_task():
                del self.followed[run_id]

    async def _reply(self, event: str, message: Message, **data: Any) -> None:
        await self.say(encode_reply(event, message.ref, data))
