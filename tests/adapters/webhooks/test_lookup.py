"""Looking names up: a resolver that hangs holds up neither the loop nor the process's end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

from adapters.webhooks.lookup import LOOKUPS, Lookup
from tests.e2e.rig.process import ROOT

HANGING = """
import asyncio, time
from adapters.webhooks.lookup import Lookup

async def give_up():
    lookup = Lookup(lambda host, port: time.sleep(600) or ())
    try:
        await asyncio.wait_for(lookup("hooks.example.com", 443), 0.1)
    except TimeoutError:
        print("given up", flush=True)

asyncio.run(give_up())
"""


async def test_a_name_of_this_machine_is_found() -> None:
    assert "127.0.0.1" in await Lookup()("localhost", 443)


async def test_a_name_of_nobody_has_no_address() -> None:
    assert await Lookup()(f"{'a' * 63}.invalid", 443) == ()
    assert await Lookup()(f"{'a' * 64}.invalid", 443) == ()


async def test_only_so_many_lookups_are_under_way_even_where_nobody_waits_for_them() -> None:
    began, let_go = threading.Semaphore(0), threading.Event()

    def hang(host: str, port: int) -> tuple[str, ...]:
        began.release()
        let_go.wait()
        return (host,)

    lookup = Lookup(hang)
    waiting = [asyncio.create_task(lookup(f"10.0.0.{n}", 443)) for n in range(LOOKUPS + 1)]
    for _ in range(LOOKUPS):
        await asyncio.to_thread(began.acquire)
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    assert not began.acquire(blocking=False)
    let_go.set()

    assert await asyncio.wait_for(waiting[-1], 30) == (f"10.0.0.{LOOKUPS}",)
    await asyncio.gather(*waiting[1:])


def test_a_process_ends_although_a_lookup_hangs() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "given up\n", "")
