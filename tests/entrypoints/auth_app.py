"""The app with one user who can log in, and a route for every kind of access."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, evolve
from quart import Quart

from adapters.auth.jwt import JwtAuthenticator
from adapters.auth.passwords import Argon2Passwords
from adapters.auth.sessions import CachedSessionStore
from adapters.clock import ManualClock
from adapters.stores.memory.store import MemoryStore
from domain.admission import AdmissionRules
from entrypoints.http.app import create_app
from entrypoints.http.operation import Access, Operation, operation
from entrypoints.login import Login
from entrypoints.services import Services
from tests.tokens import ACCESS_SECONDS, KEYS, USER

PASSWORD = "correct horse battery"
ORIGIN = "https://galley.example"


@define
class AuthApp:
    """The app and what it is made of; its one user is `ada`, an editor."""

    app: Quart
    services: Services
    clock: ManualClock

    async def log_in(self, **body: Any) -> Any:
        """Log in as ada over HTTP; return the answer's JSON."""
        answer = await self.app.test_client().post("/auth/login", json={"username": "ada", "password": PASSWORD} | body)
        return await answer.get_json()


@asynccontextmanager
async def open_auth_app(public_url: str = ORIGIN) -> AsyncIterator[AuthApp]:
    """Open an app that is served under `public_url`."""
    clock = ManualClock()
    async with MemoryStore.open(clock=clock) as store:
        with Argon2Passwords(memory_kib=8, passes=1) as passwords:
            await store.users.add(evolve(USER, password_hash=await passwords.hash(PASSWORD)))
            services = make_services(store, passwords, clock, public_url)
            yield AuthApp(make_app(services), services, clock)


def make_services(store: MemoryStore, passwords: Argon2Passwords, clock: ManualClock, public_url: str) -> Services:
    """Return services of which only the ones for log-ins work."""
    sessions = CachedSessionStore(store.sessions, clock)
    authenticator = JwtAuthenticator(KEYS, clock=clock, is_revoked=sessions.is_revoked, access_seconds=ACCESS_SECONDS)
    login = Login(
        users=store.users,
        sessions=sessions,
        authenticator=authenticator,
        passwords=passwords,
        clock=clock,
        access_seconds=ACCESS_SECONDS,
    )
    unused: Any = None
    return Services(
        runs=store.runs,
        log=store.log,
        queue=store.queue,
        depth=store.depth,
        ledger=store.ledger,
        webhooks=store.webhooks,
        prompts=store.prompts,
        users=store.users,
        sessions=sessions,
        authenticator=authenticator,
        login=login,
        provider=unused,
        clock=clock,
        canceller=unused,
        rules=AdmissionRules(default_model="scripted"),
        public_url=public_url,
        secret_key=b"",
        drain=asyncio.Event(),
    )


def make_app(services: Services) -> Quart:
    """Return the whole app, with one more route named after each access and one that says nothing about it."""
    app = create_app(services)
    for access in Access:
        app.add_url_rule(f"/{access.value}", access.value, _make_view(access))

    @app.get("/unmarked")
    async def unmarked() -> str:
        return "reached"

    return app


def _make_view(access: Access) -> Any:
    @operation(Operation(summary="", tag="", access=access, answers={}))
    async def view() -> str:
        return "reached"

    return view
