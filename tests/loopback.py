"""A TCP server on loopback for tests, which leaves no connection behind when it ends."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handle: Handler, *, limit: int = 65_536, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port and yield it; at the end cancel whoever still serves and close every connection.

    The callback is a plain function: asyncio would run a coroutine as a task of which nobody knows until it has begun,
    and a connection made in the last moment would outlive its loop.
    """
    writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await handle(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        writers[task] = writer
        task.add_done_callback(lambda done: writers.pop(done).close())

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=limit, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = dict(writers)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for writer in left.values():
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
