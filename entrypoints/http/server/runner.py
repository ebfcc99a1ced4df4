"""Serve an ASGI app from one process until a signal, then end within the grace whatever is connected."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, ASGIFramework, LifespanState
from hypercorn.utils import LifespanFailureError, LifespanTimeoutError

from entrypoints.http.server.config import ServeError, ServerConfig, hypercorn_config
from entrypoints.http.server.connections import Connections
from entrypoints.http.server.listener import Listener
from entrypoints.http.server.shared import Shared
from entrypoints.http.server.signals import StopSignals

EXIT_SECONDS = 0.4


async def serve(
    app: ASGIFramework,
    config: ServerConfig,
    *,
    on_drain: Callable[[], Awaitable[None]],
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; return when nothing of the server is left.

    `ready` is told the URL once peers can connect. The first signal stops the accepting and calls `on_drain`, which
    should end the app's streams; a second one, or the end of the grace, aborts what is still open. The app's lifespan
    ends after its last request. After a signal the process has `grace_seconds` and one more second to exit.

    Raises:
        ServeError: The address or certificate is of no use, or the app did not start, or not shut down.
    """
    hypercorn = hypercorn_config(config)
    wrapper = ASGIWrapper(app)
    tls = _tls(hypercorn)
    with closing(Listener(config)) as listener, StopSignals(config.grace_seconds) as signals:
        async with _lifespan(wrapper, hypercorn, signals) as state:
            context = WorkerContext(None)
            connections = Connections(
                Shared(app=wrapper, config=config, hypercorn=hypercorn, context=context, state=state, tls=tls)
            )
            try:
                # What is here now stays to the end; looking through it again made an exit take 0.3 s longer.
                gc.freeze()
                url = listener.listen()
                if ready is not None:
                    ready(url)
                await _accept_until_asked(listener, connections, signals)
                listener.close()
                await context.terminated.set()
                await connections.drain(on_drain, config.grace_seconds, signals.hurried)
            finally:
                await connections.end()


def _tls(hypercorn: Config) -> ssl.SSLContext | None:
    if (hypercorn.certfile is None) != (hypercorn.keyfile is None):
        raise ServeError("A certificate and its key are given together or not at all.")
    try:
        return hypercorn.create_ssl_context()
    except OSError as error:
        raise ServeError(
            f"Cannot use the certificate {hypercorn.certfile} with the key {hypercorn.keyfile}: {error}. "
            "Both must be PEM files that this process may read and that belong together."
        ) from error


async def _accept_until_asked(listener: Listener, connections: Connections, signals: StopSignals) -> None:
    asked = asyncio.create_task(signals.asked.wait())
    accepting = asyncio.create_task(listener.accept(connections.welcome))
    try:
        done, _ = await asyncio.wait({asked, accepting}, return_when=asyncio.FIRST_COMPLETED)
        if accepting in done:
            accepting.result()
    finally:
        asked.cancel()
        accepting.cancel()
        await asyncio.wait({asked, accepting})


@asynccontextmanager
async def _lifespan(app: AppWrapper, hypercorn: Config, signals: StopSignals) -> AsyncIterator[LifespanState]:
    state: LifespanState = {}
    lifespan = Lifespan(app, hypercorn, asyncio.get_running_loop(), state)
    task = asyncio.create_task(lifespan.handle_lifespan())
    try:
        await _answered(lifespan.wait_for_startup(), task, "start")
        try:
            yield state
        finally:
            hypercorn.shutdown_timeout = max(0.0, signals.seconds_left() - EXIT_SECONDS)
            await _answered(lifespan.wait_for_shutdown(), task, "shut down")
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _answered(answer: Awaitable[None], lifespan: asyncio.Task[None], what: str) -> None:
    try:
        await answer
        if lifespan.done():
            lifespan.result()
    except LifespanTimeoutError as error:
        raise ServeError(f"The app did not {what} in time.") from error
    except LifespanFailureError as error:
        raise ServeError(f"The app did not {what}: {error}") from error
