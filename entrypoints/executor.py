"""What carries out runs, made of a store, a provider and the settings."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from domain.pipeline.gathering import Beat
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.probation import Probation
from domain.pipeline.surroundings import Surroundings
from domain.pipeline.worker import Executor, Worker
from domain.ports import Clock, Provider
from domain.run.price import PriceList
from entrypoints.house import Store
from entrypoints.settings import Settings

Result = TypeVar("Result")


def make_executor(
    settings: Settings,
    store: Store,
    provider: Provider,
    clock: Clock,
    threads: ThreadPoolExecutor,
    prices: PriceList,
) -> Executor:
    """Return what carries out runs; work on large texts goes to the threads."""

    def offload(work: Callable[..., Result], *arguments: Any) -> Awaitable[Result]:
        return asyncio.get_running_loop().run_in_executor(threads, work, *arguments)

    beat = Beat(clock)
    around = Surroundings(
        provider=provider,
        clock=clock,
        prices=prices,
        ledger=store.ledger,
        daily_limits=settings.daily_limits,
        chance=random.random,
        offload=offload,
        idle_seconds=settings.idle_seconds,
        gather=beat.ring,
    )
    return Executor(
        runs=store.runs,
        log=store.log,
        queue=store.queue,
        pipeline=ContentPipeline(around),
        clock=clock,
        beat=beat,
        probation=Probation(clock, settings.lease_seconds),
        lease_seconds=settings.lease_seconds,
    )


def make_worker(executor: Executor, slots: int, count: int) -> Worker:
    """Return the worker of this count in this process."""
    return Worker(name=f"{name_process('worker')}-{count}", executor=executor, slots=slots)


def name_process(role: str) -> str:
    """Return a name that no other process has or had."""
    # Random as well: who starts again in a container has the same process id, and is never given what it still holds.
    return f"{role}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
