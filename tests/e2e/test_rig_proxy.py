"""The rig's proxy breaks connections exactly where it was told."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.e2e.rig.proxy import PASS, Plan, Proxy, plans
from tests.loopback import listening

TEXT = bytes(range(256)) * 40


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readline()
        writer.write(TEXT)
        await writer.drain()
    finally:
        writer.close()


@pytest.fixture
async def upstream() -> AsyncIterator[int]:
    async with listening(answer) as port:
        yield port


async def fetch(proxy: Proxy) -> tuple[bytes, str]:
    """Return what came and how the connection ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    got = b""
    try:
        writer.write(b"go\n")
        while chunk := await asyncio.wait_for(reader.read(1000), 0.3):
            got += chunk
        ending = "closed"
    except ConnectionResetError:
        ending = "reset"
    except TimeoutError:
        ending = "silent"
    finally:
        writer.close()
    return got, ending


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (PASS, (TEXT, "closed")),
        (Plan(after=0), (b"", "closed")),
        (Plan(after=777), (TEXT[:777], "closed")),
        (Plan(after=777, end="reset"), (TEXT[:777], "reset")),
        (Plan(after=777, end="blackhole"), (TEXT[:777], "silent")),
        (Plan(piece=100), (TEXT, "closed")),
        (Plan(hold=4096), (TEXT, "closed")),
        (Plan(delay_seconds=0.01), (TEXT, "closed")),
    ],
)
async def test_a_plan_lets_through_what_it_says_and_ends_as_it_says(
    upstream: int, plan: Plan, expected: tuple[bytes, str]
) -> None:
    async with Proxy(upstream, plans(plan)) as proxy:
        assert await fetch(proxy) == expected


async def test_each_connection_has_its_own_plan(upstream: int) -> None:
    async with Proxy(upstream, plans(Plan(after=1), Plan(after=2))) as proxy:
        assert [len((await fetch(proxy))[0]) for _ in range(3)] == [1, 2, len(TEXT)]
        assert (proxy.connections, proxy.passed_bytes) == (3, 3 + len(TEXT))


async def test_a_buffering_proxy_holds_back_what_does_not_fill_its_buffer() -> None:
    release = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 5000)
        await release.wait()
        writer.close()

    async with listening(trickle) as port, Proxy(port, plans(Plan(hold=6000))) as proxy:
        assert await fetch(proxy) == (b"", "silent")
        release.set()


async def test_a_half_close_reaches_the_server_and_leaves_the_other_half_open() -> None:
    async def wait_for_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ab")
        await reader.read()
        writer.write(b"seen")
        writer.close()

    async with listening(wait_for_end) as port, Proxy(port, plans(Plan(after=2, end="half_close"))) as proxy:
        assert await fetch(proxy) == (b"abseen", "closed")


async def test_a_server_that_is_down_is_a_closed_connection(upstream: int) -> None:
    async with Proxy(1) as proxy:
        assert await fetch(proxy) == (b"", "closed")
        proxy.upstream_port = upstream
        assert await fetch(proxy) == (TEXT, "closed")


async def test_cutting_all_ends_the_open_connections(upstream: int) -> None:
    async with Proxy(upstream, lambda _: Plan(after=5, end="blackhole")) as proxy:
        fetched = asyncio.ensure_future(fetch(proxy))
        while proxy.passed_bytes < 5:
            await asyncio.sleep(0)
        await proxy.cut_all()
        assert await fetched == (TEXT[:5], "closed")
