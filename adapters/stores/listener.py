"""Hearing what the other processes of an engine do, and noticing when nothing is heard any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from adapters.stores.follow import Followers
from adapters.stores.notice import read_payload
from adapters.stores.ring import QUEUE, Rings

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


class Ear(Protocol):
    """How an engine is listened to; `failures` are what listening ends with where it may be tried again."""

    failures: tuple[type[Exception], ...]

    async def listen(self, *, began: Callable[[], None], heard: Callable[[str], None]) -> None:
        """Connect, tell when listening has begun, pass on each payload; return or raise when it has ended.

        A connection that is dead without a word has to be noticed within 5 seconds.
        """
        ...


class Listener:
    """Listens until it is closed, on one connection after another, and rings where something has happened.

    Whenever listening begins anew everybody looks, because what was said before is lost. Its pauses are real time
    whatever clock a store has: networks have no other.
    """

    def __init__(self, ear: Ear, rings: Rings, followers: Followers, *, sender: str) -> None:
        self._ear = ear
        self._rings = rings
        self._followers = followers
        self._sender = sender
        self._is_listening = False
        self._has_begun = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether it hears what the others do, as far as it knows."""
        return self._is_listening

    def start(self) -> None:
        """Begin to listen, in a task of its own."""
        self._task = asyncio.create_task(self._listen_for_ever(), name="listener")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _listen_for_ever(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._has_begun = False
            try:
                with suppress(*self._ear.failures):
                    await self._ear.listen(began=self._begin, heard=self._hear)
            finally:
                self._is_listening = False
            if self._has_begun:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    def _begin(self) -> None:
        self._is_listening = self._has_begun = True
        self._followers.ring_all()
        self._rings.ring_all()

    def _hear(self, payload: str) -> None:
        sender, notice = read_payload(payload)
        if sender == self._sender:
            return
        self._followers.ring(notice.logs)
        self._rings.ring(notice.states)
        if notice.has_claimable:
            self._rings.ring([QUEUE])
