"""One side of the silent upstreams, in a process of its own: makes calls, leaves them, and counts what is left."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from anthropic import AsyncAnthropic

from adapters.clock import SystemClock
from adapters.providers.anthropic.provider import AnthropicProvider
from domain.completion import PromptRequest, Turn
from domain.errors import ProviderError
from domain.pipeline.call import ProviderCall
from domain.run.model import Stage
from tests.wire.process import WireProcess

MODEL = "claude-sonnet-5-5"
IDLE_SECONDS = 15.0
OPENING_SECONDS = 60.0
GONE_SECONDS = 3.0
"""How long is waited for what is left to go."""
WAITING_SECONDS = 2 * IDLE_SECONDS
REQUEST = PromptRequest(
    stage=Stage.GENERATOR,
    attempt=1,
    model=MODEL,
    system="You write notes.",
    turns=(Turn(role="user", content="Write about the tide."),),
    max_output_tokens=400,
    inputs={},
)
Call = Callable[[], Awaitable[None]]


async def measure(side: str, url: str, calls: int) -> dict[str, dict[str, float]]:
    """Return the figures of one side."""
    wire = WireProcess(url)
    async with AsyncExitStack() as stack:
        call = await (_open_galley if side == "galley" else _open_peer)(stack, url)
        await _leave(call, wire, max(calls // 10, 1))
        base = _resident_kilobytes()
        first = await _leave(call, wire, calls)
        again = await _leave(call, wire, calls)
        silent = await _wait(call, wire, calls)
    return {
        "clients that leave": _relate(first, base),
        "the same again": _relate(again, first["resident"]),
        "clients that wait": silent,
    }


def _relate(figures: dict[str, float], base: float) -> dict[str, float]:
    others = {name: value for name, value in figures.items() if name != "resident"}
    return others | {"memory_growth_percent": 100 * (figures["resident"] / base - 1)}


async def _open_galley(stack: AsyncExitStack, url: str) -> Call:
    clock = SystemClock()
    provider = await stack.enter_async_context(
        AnthropicProvider.open(api_key="key", clock=clock, base_url=url, default_model=MODEL, idle_seconds=IDLE_SECONDS)
    )

    async def call() -> None:
        made = ProviderCall(
            provider, REQUEST, clock=clock, idle_seconds=IDLE_SECONDS, seconds_left=600, on_answer=lambda: None
        )
        try:
            while await made.take():
                pass
        finally:
            await made.close()

    return call


async def _open_peer(stack: AsyncExitStack, url: str) -> Call:
    client = await stack.enter_async_context(AsyncAnthropic(api_key="key", base_url=url))

    async def call() -> None:
        parameters = {"model": MODEL, "max_tokens": 400, "messages": [{"role": "user", "content": "The tide."}]}
        async with client.messages.stream(**parameters) as stream:  # type: ignore[arg-type]
            async for _ in stream.text_stream:
                pass

    return call


async def _leave(call: Call, wire: WireProcess, count: int) -> dict[str, float]:
    """Begin calls, leave them when all are silent, and wait for what is left to go."""
    tasks = [asyncio.ensure_future(_bear(call)) for _ in range(count)]
    async with asyncio.timeout(OPENING_SECONDS):
        while (open_at_most := await wire.connections()) < count:
            await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    begun, cpu_begun = time.monotonic(), time.process_time()
    await asyncio.wait(tasks)
    seconds, cpu_seconds = time.monotonic() - begun, time.process_time() - cpu_begun
    # A cancelled task holds its frames, and with them the answer that it was reading.
    tasks.clear()
    gc.collect()
    figures = {"connections_open": open_at_most, "seconds_to_leave": seconds, "cpu_seconds_to_leave": cpu_seconds}
    return figures | await _count_left(wire)


async def _wait(call: Call, wire: WireProcess, count: int) -> dict[str, float]:
    """Begin calls and wait for longer than the limit of silence."""
    tasks = [asyncio.ensure_future(_bear(call)) for _ in range(count)]
    await asyncio.wait(tasks, timeout=WAITING_SECONDS)
    still = sum(not task.done() for task in tasks)
    left = await _count_left(wire)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return {"calls_still_waiting": still, "connections_left": left["connections_left"]}


async def _bear(call: Call) -> None:
    with suppress(ProviderError):
        await call()


async def _count_left(wire: WireProcess) -> dict[str, float]:
    until = time.monotonic() + GONE_SECONDS
    while await wire.connections() and time.monotonic() < until:
        await asyncio.sleep(0.05)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return {
        "connections_left": await wire.connections(),
        "tasks_left": len(others),
        "resident": _resident_kilobytes(),
    }


def _resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
