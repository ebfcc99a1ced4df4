"""A process that writes to a SQLite store, says what was acked, and dies or fills its disk where it is told to.

python -m tests.adapters.sqlite_child <path> crash <boundary> <count>   SIGKILL at the count-th pass of a boundary
python -m tests.adapters.sqlite_child <path> spend <count>      200 runs spend at once; SIGKILL at the count-th settled
python -m tests.adapters.sqlite_child <path> fill <bytes>               files may not grow beyond that for a while
python -m tests.adapters.sqlite_child <path> serve                      open it, say so, and wait for a line
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from adapters.clock import SystemClock
from adapters.stores.sqlite.store import SqliteStore
from domain.errors import DailyLimitError, GalleyError, StoreUnavailableError
from domain.run.spending import DailyLimits, Reservation, Spending
from tests.contract.store import COMPLETE, make_record, make_records, start_run

RUNS = 3
ROUNDS = 5
SPENDERS = 200
TOKENS_A_DAY = 30_000
DAY = date(2026, 1, 1)


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def die_at(boundary: str, count: int) -> Callable[[str], None]:
    left = count

    def failpoint(passed: str) -> None:
        nonlocal left
        left -= passed == boundary
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return failpoint


async def crash(path: Path, failpoint: Callable[[str], None]) -> None:
    """Three runs: create, claim, five rounds of two records for all of them together, finish."""
    async with SqliteStore.open(path, clock=SystemClock(), failpoint=failpoint) as store:
        leases = []
        for n in range(RUNS):
            leases.append(await start_run(store, f"run-{n}"))
            say(run=f"run-{n}", tail=1)
        for tail in range(1, ROUNDS * 2, 2):
            await asyncio.gather(
                *(store.log.append(lease, make_records(lease.run_id, tail + 1, tail + 2)) for lease in leases)
            )
            for lease in leases:
                say(run=lease.run_id, tail=tail + 2)
        for lease in leases:
            last = make_record(lease.run_id, ROUNDS * 2 + 2, kind="complete")
            await store.log.append(lease, [last], finish=COMPLETE)
            say(run=lease.run_id, tail=last.seq)


async def fill(path: Path, size: int) -> None:
    """Append until the files may not grow, then allow it and go on."""
    async with SqliteStore.open(path, clock=SystemClock()) as store:
        lease = await start_run(store)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        tail = 1
        while True:
            try:
                await store.log.append(lease, [make_record("run-1", tail + 1, data=b"x" * 20_000)])
            except StoreUnavailableError:
                break
            tail += 1
        say(full_at=tail, read=(await store.log.tail("run-1")).seq)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await store.log.append(lease, make_records("run-1", tail + 1, tail + 3))
        say(tail=(await store.log.tail("run-1")).seq)


async def spend(path: Path, count: int) -> None:
    """Every run makes calls that reserve 100 tokens and use 70, until the day's limit or the end of the process."""
    settled = 0

    async def call_on(run_id: str) -> None:
        nonlocal settled
        for call in range(1, 100):
            held = Reservation(
                user_id="ann", day=DAY, run_id=run_id, epoch=1, call=call, most=Spending(tokens=100, nanodollars=100)
            )
            try:
                await store.ledger.reserve(held, DailyLimits(tokens=TOKENS_A_DAY))
            except DailyLimitError:
                return
            await store.ledger.settle(run_id, epoch=1, call=call, spent=Spending(tokens=70, nanodollars=70))
            settled += 1
            say(settled=settled)
            if settled == count:
                os.kill(os.getpid(), signal.SIGKILL)

    async with SqliteStore.open(path, clock=SystemClock()) as store:
        leases = await asyncio.gather(*(start_run(store, f"run-{n}") for n in range(SPENDERS)))
        await asyncio.gather(*(call_on(lease.run_id) for lease in leases))


async def serve(path: Path) -> None:
    try:
        async with SqliteStore.open(path, clock=SystemClock()):
            say(serving=os.getpid())
            await asyncio.to_thread(sys.stdin.readline)
    except GalleyError as error:
        say(refused=error.code, message=error.message)


def main() -> None:
    path, mode, *arguments = Path(sys.argv[1]), *sys.argv[2:]
    if mode == "crash":
        asyncio.run(crash(path, die_at(arguments[0], int(arguments[1]))))
    elif mode == "spend":
        asyncio.run(spend(path, int(arguments[0])))
    elif mode == "fill":
        asyncio.run(fill(path, int(arguments[0])))
    else:
        asyncio.run(serve(path))


if __name__ == "__main__":
    main()
