"""The rig's client comes back after every break, asks in the right way, and keeps what it was shown."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from attrs import define, field

from tests.e2e.rig.client import ClientLog, GalleyClient, RefusedError, Resume
from tests.e2e.rig.sse_reader import Frame
from tests.loopback import listening

RUN = "run-1"
HEAD = "HTTP/1.1 {} X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def make_frame(seq: int, event: str = "delta") -> Frame:
    return Frame(id=f"{RUN}:1-{seq}", event=event, data=json.dumps({"run_id": RUN, "seq": seq}))


FRAMES = [make_frame(1), make_frame(2), make_frame(3), make_frame(4, "complete")]


@define
class SmallServer:
    """Sends two frames a connection, from behind the Last-Event-ID; `before` are answers given first."""

    before: list[str] = field(factory=list)
    requests: list[str] = field(factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        await reader.readexactly(int(fields.get("content-length", "0")))
        seen = fields.get("last-event-id", "-0")
        key = fields.get("idempotency-key")
        self.requests.append(f"{head.split(' HTTP')[0]} key={key} after={seen.rpartition('-')[2]}")
        writer.write((self.before.pop(0) if self.before else self.tell(int(seen.rpartition("-")[2]))).encode())
        writer.close()

    def tell(self, after: int) -> str:
        frames = FRAMES[after : after + 2]
        return HEAD.format(200) + "".join(f"id: {f.id}\nevent: {f.event}\ndata: {f.data}\n\n" for f in frames)


@pytest.fixture
async def small_server() -> SmallServer:
    return SmallServer()


@pytest.fixture
async def client(small_server: SmallServer) -> AsyncIterator[GalleyClient]:
    async with (
        listening(small_server.answer) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield GalleyClient(http, user="ada", token="t")


@pytest.mark.parametrize(
    ("resume", "second"),
    [("get", f"GET /runs/{RUN}/events key=None after=2"), ("post", "POST /run/stream key=k after=2")],
)
async def test_it_resumes_behind_the_last_frame_in_the_way_it_was_told(
    client: GalleyClient, small_server: SmallServer, resume: Resume, second: str
) -> None:
    log = await client.follow_new({}, key="k", resume=resume, seconds=5)

    assert small_server.requests == ["POST /run/stream key=k after=0", second]
    assert (log.frames, log.run_id, log.connections, log.faults) == (FRAMES, RUN, 2, [])


@pytest.mark.parametrize("failure", ["", HEAD.format(503), HEAD.format(200), HEAD.format(200) + "id: x\nevent: de"])
async def test_it_repeats_the_post_until_something_was_shown(
    client: GalleyClient, small_server: SmallServer, failure: str
) -> None:
    small_server.before = [failure]
    log = await client.follow_new({}, key="k", seconds=5)

    assert small_server.requests[:2] == ["POST /run/stream key=k after=0"] * 2
    assert log.frames == FRAMES


async def test_it_does_not_repeat_what_the_server_does_not_want(
    client: GalleyClient, small_server: SmallServer
) -> None:
    small_server.before = [HEAD.format(422) + "no"]

    with pytest.raises(RefusedError, match="422: no"):
        await client.follow_new({}, key="k", seconds=5)


async def test_a_reset_empties_what_was_kept_and_is_no_event(client: GalleyClient, small_server: SmallServer) -> None:
    log = ClientLog(user="ada", frames=[make_frame(9)])
    small_server.before = [
        HEAD.format(200) + "event: reset\ndata: {}\n\n" + small_server.tell(0).partition("\r\n\r\n")[2]
    ]
    await client.follow(RUN, log=log, seconds=5)

    assert (log.frames, [control.event for control in log.controls], log.dropped) == (FRAMES, ["reset"], 1)


async def test_a_stream_that_never_ends_is_bounded(client: GalleyClient, small_server: SmallServer) -> None:
    small_server.before = [HEAD.format(200)] * 1000

    with pytest.raises(TimeoutError):
        await client.follow_new({}, key="k", seconds=0.2)
