"""A small app on our server, as a process: `python -m tests.e2e.server_process '{"grace_seconds": 1}'`.

It writes a line to stdout for everything that a test may wait for.
"""

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quart import Quart, Response, current_app, request, websocket

from entrypoints.http.server import ServeError, ServerConfig, serve

HOGGED: list[int] = []


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def told(name: str) -> Iterator[None]:
    """Say when a handler begins and how it ends."""
    say(f"began {name}")
    try:
        yield
    except BaseException as error:
        say(f"{type(error).__name__} {name}")
        raise
    say(f"ended {name}")


def stream(name: str, chunks: AsyncIterator[bytes]) -> Response:
    async def body() -> AsyncIterator[bytes]:
        with told(name):
            async for chunk in chunks:
                yield chunk

    return Response(body(), content_type="text/event-stream")


async def index() -> str:
    return "ok"


async def echo() -> bytes:
    with told("echo"):
        return await request.get_data()


async def events() -> Response:
    draining = current_app.config["DRAINING"]

    async def until_drained() -> AsyncIterator[bytes]:
        yield b"event: hello\ndata: {}\n\n"
        await draining.wait()
        yield b"event: draining\ndata: {}\n\n"

    return stream("events", until_drained())


async def stubborn() -> Response:
    async def silence() -> AsyncIterator[bytes]:
        yield b": here\n\n"
        await asyncio.Event().wait()

    return stream("stubborn", silence())


async def flood() -> Response:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 8192

    return stream("flood", endless())


async def large() -> bytes:
    return b"x" * 800_000


async def wait() -> str:
    """Never answer; after `?ticks=n` turns of the event loop read the body first."""
    with told("wait"):
        for _ in range(int(request.args.get("ticks", "0"))):
            await asyncio.sleep(0)
        await request.get_data()
        await asyncio.Event().wait()
    return ""


async def late() -> str:
    """Answer after half a second, whatever became of the body."""
    say("began late")
    await asyncio.sleep(0.5)
    say("answered late")
    return "late"


async def block() -> str:
    say("began block")
    time.sleep(60)
    return ""


async def deaf() -> str:
    say("began deaf")
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def hog() -> str:
    with suppress(OSError):
        while True:
            HOGGED.append(os.open(os.devnull, os.O_RDONLY))
    return "hogged"


async def release() -> str:
    while HOGGED:
        os.close(HOGGED.pop())
    return "released"


async def memory() -> str:
    return str(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())


async def echo_messages() -> None:
    with told("ws"):
        while True:
            await websocket.send(await websocket.receive())


async def stopped() -> None:
    say("stopped")


async def fail() -> None:
    raise RuntimeError("not today")


async def hang() -> None:
    await asyncio.Event().wait()


def create_app(draining: asyncio.Event, faults: list[str]) -> Quart:
    app = Quart(__name__)
    app.config.update(RESPONSE_TIMEOUT=None, DRAINING=draining)
    app.after_serving(stopped)
    if "start" in faults:
        app.before_serving(fail)
    if "shutdown" in faults:
        app.after_serving(fail)
    if "endless shutdown" in faults:
        app.after_serving(hang)
    app.add_url_rule("/", view_func=index)
    app.add_websocket("/ws", view_func=echo_messages)
    for view in (echo, events, stubborn, flood, large, wait, late, block, deaf, hog, release, memory):
        app.add_url_rule(f"/{view.__name__}", view_func=view, methods=["GET", "POST"])
    return app


async def split(send: Any) -> None:
    headers = [(b"x-note", b"a\r\nset-cookie: stolen=1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"split"})


async def burst(send: Any) -> None:
    """100 kB in one go; the last words say whether the event loop ran anything else meanwhile."""
    others: list[str] = []
    await send({"type": "http.response.start", "status": 200, "headers": []})
    asyncio.get_running_loop().call_soon(others.append, "others ran")
    for _ in range(100):
        await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
    await send({"type": "http.response.body", "body": "".join(others).encode()})


def with_raw_routes(app: Quart) -> Any:
    """`app` and two routes that Quart would not let through as they are."""
    raw = {"/split": split, "/burst": burst}

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if (view := raw.get(scope.get("path", ""))) is not None:
            await view(send)
        else:
            await app(scope, receive, send)

    return asgi


async def main(*, faults: list[str], **options: Any) -> None:
    draining = asyncio.Event()

    async def on_drain() -> None:
        say("drain")
        if "drain" in faults:
            await fail()
        draining.set()

    app = with_raw_routes(create_app(draining, faults))
    config = ServerConfig(**{"port": 0, "grace_seconds": 1.0, **options})
    await serve(app, config, on_drain=on_drain, ready=lambda url: say(f"ready {url}"))
    say("returned")
    if "slow exit" in faults:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    given = json.loads(sys.argv[1])
    if open_files := given.pop("open_files", None):
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    for number in (signal.SIGINT, signal.SIGHUP):
        is_ignored = number.name in given.get("ignored", [])
        signal.signal(number, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    given.pop("ignored", None)
    if given.pop("no_user_timeout", False):
        del socket.TCP_USER_TIMEOUT
    try:
        asyncio.run(main(faults=given.pop("faults", []), **given))
    except ServeError as error:
        sys.exit(str(error))
