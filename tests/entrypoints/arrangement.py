"""A whole service in memory, with time that stands still and runs that go as a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import attrs
import msgspec
from attrs import define
from quart import Quart, Response
from quart.testing.connections import TestHTTPConnection

from adapters.auth.jwt import JwtAuthenticator
from adapters.auth.keys import parse_keys
from adapters.auth.passwords import Argon2Passwords
from adapters.clock import ManualClock, settle
from adapters.providers.scripted import ScriptedProvider
from adapters.stores.memory.store import MemoryStore
from domain.admission import AdmissionRules
from domain.content.prompt_set import encode_prompt_set
from domain.pipeline.endings import finish_of
from domain.run.events import Event, Progressed, RunCancelled, RunCompleted, RunFailed, TextGrew
from domain.run.model import Lease, Record, RunStatus, Stage
from domain.user import Principal, Role, Session, User
from domain.webhook.endpoint import AllowedHosts
from domain.webhook.message import WebhookKeys
from entrypoints.http.app import create_app
from entrypoints.login import Login
from entrypoints.services import Services
from tests.examples import make_record

ACCESS_SECONDS = 900
NOTE: Mapping[str, Any] = {
    "name": "note",
    "title": "Note",
    "description": "A few words.",
    "inputs": {
        "type": "object",
        "required": ["topic"],
        "properties": {"topic": {"type": "string", "maxLength": 200}, "tone": {"type": "string", "default": "plain"}},
    },
    "output_format": "markdown",
    "prompts": {"generator": {"system": "You write notes.", "user": "Write about {{ topic }}."}},
}
BODY: Mapping[str, Any] = {"prompt": "note", "inputs": {"topic": "tea"}}
COMPLETE = RunCompleted(success=True, output="Tea.\n", metadata={"limit": None})


def delta(text: str, offset: int = 0) -> TextGrew:
    """Return a piece of the first attempt's text."""
    return TextGrew(stage=Stage.GENERATOR, attempt=1, text=text, offset=offset)


async def append(store: MemoryStore, lease: Lease, *events: Event, time: datetime) -> tuple[Record, ...]:
    """Append events to a run's log; a terminal one ends it."""
    tail = await store.log.tail(lease.run_id)
    records = tuple(
        make_record(event, seq=seq, epoch=lease.epoch, time=time, run_id=lease.run_id)
        for seq, event in enumerate(events, tail.seq + 1)
    )
    last = events[-1]
    finish = finish_of(last) if isinstance(last, RunCompleted | RunFailed | RunCancelled) else None
    await store.log.append(lease, records, finish=finish)
    return records


@define(eq=False)
class House:
    """The service with its store and clock, and a hand that plays its worker."""

    services: Services
    store: MemoryStore
    clock: ManualClock
    drain: asyncio.Event
    app: Quart

    async def log_in(self, name: str, *roles: Role) -> dict[str, str]:
        """Add a user where there is none yet; return the headers that speak for them."""
        user = User(
            id=f"id-{name}",
            name=name,
            password_hash="",
            roles=frozenset(roles or {Role.AUTHOR}),
            created_at=self.clock.now(),
        )
        if user.id not in {known.id for known in await self.store.users.list()}:
            await self.store.users.add(user)
        session = Session(
            id=str(uuid4()), user_id=user.id, token_id=str(uuid4()), expires_at=self.clock.now() + timedelta(days=30)
        )
        await self.store.sessions.start(session)
        access, _ = self.services.authenticator.mint(user, session)
        return {"Authorization": f"Bearer {access}"}

    async def principal(self, headers: Mapping[str, str]) -> Principal:
        """Return who those headers speak for."""
        return await self.services.authenticator.verify(headers["Authorization"].removeprefix("Bearer "))

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: Any = None, **more: Any) -> Response:
        """Make a request that has an end."""
        if body is not None:
            more |= {"data": msgspec.json.encode(body), "headers": {"Content-Type": "application/json", **headers}}
        made = await self.app.test_client().open(path, method=method, **{"headers": headers, **more})
        assert isinstance(made, Response)
        return made

    async def read(self, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return what is shown there."""
        answer = await self.ask("GET", path, headers)
        assert answer.status_code == 200, await answer.get_data()
        return dict(await answer.get_json())

    async def begin(self, headers: Mapping[str, str], **changes: Any) -> str:
        """Start a run over HTTP; return its id."""
        answer = await self.ask("POST", "/run", {**headers, "Prefer": "respond-async"}, {**BODY, **changes})
        assert answer.status_code == 202, await answer.get_data()
        return str((await answer.get_json())["run_id"])

    async def claim(self, run_id: str) -> Lease:
        """Take a run as its worker."""
        lease = await self.store.queue.claim("worker", wait_seconds=0, run_id=run_id)
        assert lease is not None
        return lease

    async def write(self, lease: Lease, *events: Event) -> tuple[Record, ...]:
        """Append events to the run's log; a terminal one ends it."""
        return await append(self.store, lease, *events, time=self.clock.now())

    async def complete(self, run_id: str, *events: Event) -> tuple[Record, ...]:
        """Carry a queued run out to its end."""
        return await self.complete_with(await self.claim(run_id), *events)

    async def complete_with(self, lease: Lease, *events: Event) -> tuple[Record, ...]:
        """Bring a claimed run to its end."""
        return await self.write(lease, *events, COMPLETE)


GENERATING = Progressed(stage=Stage.GENERATOR, message="Generating content using scripted...", progress=30, attempt=1)


@define(eq=False)
class HandCanceller:
    """Cancels as the product's own does: asks durably, and ends a run itself that no worker has."""

    store: MemoryStore
    clock: ManualClock

    async def cancel(self, run_id: str) -> RunStatus:
        if await self.store.queue.request_cancel(run_id) is RunStatus.QUEUED:
            lease = await self.store.queue.claim("canceller", wait_seconds=0, run_id=run_id)
            assert lease is not None
            await append(self.store, lease, RunCancelled(message="The run was cancelled."), time=self.clock.now())
        return (await self.store.log.tail(run_id)).status


@asynccontextmanager
async def open_house(**changes: Any) -> AsyncIterator[House]:
    """Make the service; `changes` replace parts of its `Services`."""
    clock = ManualClock()
    drain = asyncio.Event()
    async with MemoryStore.open(clock=clock) as store:
        with Argon2Passwords(threads=1, memory_kib=64, passes=1) as passwords:
            authenticator = JwtAuthenticator(
                parse_keys("k3y-for-tests-0123456789-abcdefghijklmnop"),
                clock=clock,
                is_revoked=store.sessions.is_revoked,
                access_seconds=ACCESS_SECONDS,
            )
            login = Login(
                users=store.users,
                sessions=store.sessions,
                authenticator=authenticator,
                passwords=passwords,
                clock=clock,
                access_seconds=ACCESS_SECONDS,
            )
            services = Services(
                runs=store.runs,
                log=store.log,
                queue=store.queue,
                depth=store.depth,
                ledger=store.ledger,
                webhooks=store.webhooks,
                prompts=store.prompts,
                users=store.users,
                sessions=store.sessions,
                authenticator=authenticator,
                login=login,
                provider=ScriptedProvider((), clock=clock),
                clock=clock,
                canceller=HandCanceller(store, clock),
                rules=AdmissionRules(default_model="scripted", webhooks=AllowedHosts()),
                webhook_keys=WebhookKeys(("a webhook key for tests-0123456789",)),
                public_url="http://127.0.0.1:8000",
                secret_key=b"a key for tests",
                drain=drain,
            )
            services = attrs.evolve(services, **changes)
            await store.prompts.publish("note", content=encode_prompt_set(NOTE), source="", author="tests")
            yield House(services, store, clock, drain, create_app(services))


class Stream:
    """One open stream: what has come of it so far, and a way to leave it."""

    def __init__(self, connection: TestHTTPConnection) -> None:
        self.connection = connection
        self.data = b""

    @property
    def status(self) -> int | None:
        return self.connection.status_code

    @property
    def headers(self) -> Any:
        return self.connection.headers

    async def read(self) -> bytes:
        """Return all that has come, once nothing more comes without time passing."""
        await settle()
        queue = self.connection._receive_queue
        while not queue.empty():
            piece = queue.get_nowait()
            if isinstance(piece, Exception):
                raise piece
            self.data += piece
        return self.data


@asynccontextmanager
async def open_stream(
    house: House, path: str, headers: Mapping[str, str], body: Any = None, method: str | None = None
) -> AsyncIterator[Stream]:
    """Open a stream and leave it at the end of the block."""
    sent = dict(headers)
    if body is not None:
        sent["Content-Type"] = "application/json"
    client = house.app.test_client()
    async with client.request(path, method=method or ("GET" if body is None else "POST"), headers=sent) as connection:
        if body is not None:
            await connection.send(msgspec.json.encode(body))
        await connection.send_complete()
        stream = Stream(connection)
        await stream.read()
        yield stream
        await connection.disconnect()
