"""Putting the parts together: the one module that names adapters, and that closes what it opened."""

from __future__ import annotations

import asyncio
import hmac
import random
import secrets
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from adapters.auth.keys import SigningKeys, load_keys, parse_keys
from adapters.auth.passwords import Argon2Passwords
from adapters.auth.sessions import CachedSessionStore
from adapters.clock import SystemClock
from adapters.prices.file import PriceFileError, load_prices
from adapters.prompts.files import read_prompt_files
from adapters.providers.opening import ProviderNotOpenedError, open_provider
from adapters.stores.memory.store import MemoryStore
from adapters.stores.sqlite.store import SqliteAdmin, SqliteStore
from adapters.webhooks.http import HttpWebhookSender
from domain.content.prompt_file import FileFaults, PromptFile
from domain.pipeline.worker import Canceller
from domain.ports import Clock, Provider
from domain.run.price import PriceList
from domain.webhook.message import WebhookKeys
from entrypoints.check_kinds import load_check_kinds, log_check_faults
from entrypoints.deliverer import Deliverer
from entrypoints.executor import make_executor, make_worker, name_process
from entrypoints.first_admin import make_admin
from entrypoints.house import Core, House, Records, Registry, Store
from entrypoints.login import Login, Passwords
from entrypoints.rules import make_rules
from entrypoints.services import Services
from entrypoints.settings import Settings, SettingsError
from entrypoints.upkeep import owned, publish_prompts, purge_for_ever
from entrypoints.upstream import find_providers
from entrypoints.worker import WorkerOwner, working

THREADS: Final = 2
"""For pure work on large texts; with four, which wait for the interpreter's lock, the loop was 31 ms late."""

PAGE: Final = Path(__file__).resolve().parent.parent / "frontend" / "dist"
"""Where `make page` puts the built page."""

SWITCH_SECONDS: Final = 0.0005
"""How long a thread keeps the interpreter's lock from the loop; by Python's 0.005 busy threads made it 50 ms late."""

Result = TypeVar("Result")


@asynccontextmanager
async def bootstrap(
    settings: Settings, *, provider: Provider | None = None, clock: Clock | None = None, store: Store | None = None
) -> AsyncIterator[House]:
    """Put a whole service together and close it at the end; what is given is used and not closed.

    Raises:
        SettingsError: The settings contradict each other or what they are used with.
        StoreError: The store can't be opened.
    """
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(open_core(settings, provider=provider, clock=clock, store=store))
        passwords = stack.enter_context(Argon2Passwords())
        draining = asyncio.Event()
        services = _make_services(settings, core, passwords, _read_keys(settings), draining)
        # Last, because a random password is lost where anything behind it fails.
        admin_password = await make_admin(settings, core, passwords)
        yield House(services=services, worker=core.worker, draining=draining, admin_password=admin_password)


@asynccontextmanager
async def open_core(
    settings: Settings, *, provider: Provider | None = None, clock: Clock | None = None, store: Store | None = None
) -> AsyncIterator[Core]:
    """Open the store, publish the prompt set files and set the worker to work; what is given is used and not closed.

    Raises:
        SettingsError: The settings contradict what they are used with.
        StoreError: The store can't be opened.
    """
    clock = SystemClock() if clock is None else clock
    prices = _read_prices(settings, is_free=provider is not None or settings.is_provider_free)
    webhook_keys = _read_webhook_keys(settings)
    async with AsyncExitStack() as stack:
        if provider is None:
            provider = await stack.enter_async_context(_open_provider(settings, clock))
        rules = await make_rules(settings, provider, prices)
        engine = await stack.enter_async_context(_open_store(settings, clock)) if store is None else store
        log_check_faults(load_check_kinds())
        await publish_prompts(engine.prompts, *read_prompt_folder(settings))
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_SECONDS)
        threads = stack.enter_context(ThreadPoolExecutor(THREADS, thread_name_prefix="galley-pure"))
        executor = make_executor(settings, engine, provider, clock, threads, prices)
        if settings.retention_days:
            purging = purge_for_ever(engine.runs, clock, days=settings.retention_days)
            await stack.enter_async_context(owned(purging))
        worker = None
        if settings.workers:
            worker = WorkerOwner(make=partial(make_worker, executor, settings.workers), clock=clock)
            await stack.enter_async_context(working(worker))
            if webhook_keys is not None:
                sender = HttpWebhookSender(settings.allowed_hosts)
                deliverer = Deliverer(store=engine, sender=sender, keys=webhook_keys, clock=clock, chance=random.random)
                await stack.enter_async_context(owned(deliverer.work()))
        yield Core(
            store=engine,
            provider=provider,
            clock=clock,
            rules=rules,
            canceller=Canceller(name=name_process("canceller"), executor=executor),
            worker=worker,
            webhook_keys=webhook_keys,
        )


@asynccontextmanager
async def open_registry(settings: Settings) -> AsyncIterator[Registry]:
    """Open users and prompt sets for administering, beside a serving process where there is one.

    Raises:
        SettingsError: They are in the memory of another process.
        StoreError: The store can't be opened.
    """
    if settings.store.startswith("memory:"):
        raise SettingsError(("STORE_URL is memory:, whose users and prompt sets only the serving process knows.",))
    clock = SystemClock()
    async with _open_records(settings, clock) as records:
        with Argon2Passwords() as passwords:
            yield Registry(records=records, passwords=passwords, clock=clock)


def read_prompt_folder(settings: Settings) -> tuple[tuple[PromptFile, ...], tuple[FileFaults, ...]]:
    """Return the prompt set files that can be used, and what is wrong with the others."""
    return read_prompt_files(settings.prompts)


@asynccontextmanager
async def _open_provider(settings: Settings, clock: Clock) -> AsyncIterator[Provider]:
    try:
        async with open_provider(settings, clock, find_providers()) as provider:
            yield provider
    except ProviderNotOpenedError as error:
        raise SettingsError((f"PROVIDER can't be used. {error.message}",)) from None


def _open_store(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Store]:
    bounds: dict[str, Any] = {
        "clock": clock,
        "lease_seconds": settings.lease_seconds,
        "queue_limit": settings.queue_limit,
        "user_live_runs": settings.user_live_runs,
    }
    if settings.store.startswith("memory:"):
        return MemoryStore.open(**bounds)
    if settings.store.startswith("postgresql:"):
        # Drivers take a moment to import, which those who use a file do without.
        from adapters.stores.postgresql.store import PostgresqlStore

        return PostgresqlStore.open(settings.store, **bounds)
    if settings.store.startswith(("redis:", "rediss:")):
        from adapters.stores.redis.store import RedisStore

        return RedisStore.open(settings.store, **bounds)
    return SqliteStore.open(_path_of(settings.store), **bounds)


def _open_records(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Records]:
    if settings.is_store_shared:
        return _open_store(settings, clock)
    return SqliteAdmin.open(_path_of(settings.store), clock=clock)


def _path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _read_prices(settings: Settings, *, is_free: bool) -> PriceList:
    try:
        return load_prices(settings.prices, is_free=is_free)
    except PriceFileError as error:
        raise SettingsError(error.lines) from None


def _read_keys(settings: Settings) -> SigningKeys:
    try:
        if settings.secret_key is not None:
            return parse_keys(settings.secret_key)
        if settings.store.startswith("memory:"):
            return parse_keys(secrets.token_urlsafe(48))
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return load_keys(settings.data)
    except ValueError as error:
        raise SettingsError((str(error),)) from None
    except OSError as error:
        raise SettingsError((f"The signing key in {settings.data} can't be read or made: {error.strerror}.",)) from None


def _read_webhook_keys(settings: Settings) -> WebhookKeys | None:
    if settings.webhook_secret is None:
        return None
    try:
        return WebhookKeys(tuple(parse_keys("\n".join(settings.webhook_secret.split())).keys.values()))
    except ValueError as error:
        raise SettingsError((f"WEBHOOK_SECRET can't be used. {error}",)) from None


def _make_services(
    settings: Settings, core: Core, passwords: Passwords, signing: SigningKeys, draining: asyncio.Event
) -> Services:
    # It takes quart-jwt-extended, and with it Quart: a quarter of a second that `galley run` does without.
    from adapters.auth.jwt import JwtAuthenticator

    store, clock = core.store, core.clock
    sessions = CachedSessionStore(store.sessions, clock)
    authenticator = JwtAuthenticator(
        signing, clock=clock, is_revoked=sessions.is_revoked, access_seconds=settings.access_seconds
    )
    return Services(
        runs=store.runs,
        log=store.log,
        queue=store.queue,
        depth=store.depth,
        ledger=store.ledger,
        webhooks=store.webhooks,
        webhook_keys=core.webhook_keys,
        prompts=store.prompts,
        users=store.users,
        sessions=sessions,
        authenticator=authenticator,
        login=Login(
            users=store.users,
            sessions=sessions,
            authenticator=authenticator,
            passwords=passwords,
            clock=clock,
            access_seconds=settings.access_seconds,
            refresh_days=settings.refresh_days,
        ),
        provider=core.provider,
        clock=clock,
        canceller=core.canceller,
        rules=core.rules,
        public_url=settings.address,
        secret_key=hmac.digest(signing.keys[signing.current].encode(), b"galley cursors", "sha256"),
        drain=draining,
        heartbeat_seconds=settings.heartbeat_seconds,
        requests_per_minute=settings.user_requests_per_minute,
        default_prompt=settings.default_prompt,
        metrics_token=settings.metrics_token,
        is_working=lambda: core.is_working,
        page=PAGE if (PAGE / "index.html").is_file() else None,
    )
