"""One open connection: what its peer may take its time for, and how it ends."""

import asyncio

import h11
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.typing import ConnectionState

from entrypoints.http.server.config import LOGGER
from entrypoints.http.server.http1 import AppTasks, Http1
from entrypoints.http.server.peer import Peer, PeerGoneError
from entrypoints.http.server.shared import Phase, Shared

READ_BYTES = 64 * 1024
HIGH_WATER_BYTES = 4 * 1024
BURST_BYTES = 64 * 1024
LEAVE_SECONDS = 2.0

_SAID_ALL = {h11.DONE, h11.MUST_CLOSE, h11.CLOSED, None}


class Connection:
    """Carries bytes between a peer and Hypercorn's protocol, and bounds what the peer may hold up."""

    def __init__(self, peer: Peer, shared: Shared) -> None:
        self._peer = peer
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._transport = peer.writer.transport
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._http: Http1
        self._phase = Phase.ANSWER
        self._timer: asyncio.TimerHandle | None = None
        self._burst_bytes = 0

    async def run(self) -> None:
        """Serve the peer until it or we have had enough, its app tasks have ended and the socket is closed."""
        tasks = AppTasks(self._loop)
        is_closed = False
        try:
            async with asyncio.timeout(None) as leaving, tasks:
                self._http = self._protocol(tasks)
                self._enter(Phase.IDLE)
                try:
                    await self._read()
                finally:
                    # Quart ends a handler whose client has gone; one that is merely cancelled it leaves behind. Before
                    # Python 3.12 a cancel that meets the end of an `asyncio.wait_for` is lost, hence the second one.
                    leaving.reschedule(self._loop.time() + LEAVE_SECONDS)
                    await tasks.tell_gone()
            self.close()
            await self._peer.writer.wait_closed()
            is_closed = True
        except OSError:
            pass
        finally:
            self._stop_timer()
            if not is_closed:
                # One that was closed with bytes still to write does not bear it: CPython's `_force_close` fails then.
                self._transport.abort()

    def close(self) -> None:
        """Take nothing more from the peer; give it what is written already."""
        if self._phase is not Phase.FLUSH:
            self._enter(Phase.FLUSH)
            self._transport.close()

    def close_idle(self) -> None:
        """Close between two requests; a request under way goes on, and its answer is the last one."""
        if self._phase is Phase.IDLE:
            self.close()

    def abort(self) -> None:
        """Close now, whatever is unread or unwritten."""
        self._transport.abort()

    def _protocol(self, tasks: AppTasks) -> Http1:
        shared = self._shared
        return Http1(
            shared.app,
            shared.hypercorn,
            shared.context,
            tasks,
            ConnectionState(shared.state),
            shared.tls is not None,
            self._peer.client,
            self._peer.server,
            self._send,
            turn=self._peer.turn,
        )

    async def _read(self) -> None:
        try:
            while data := await self._peer.reader.read(READ_BYTES):
                if not self._is_ending():
                    await self._http.handle(RawData(data))
                    self._follow()
        except OSError:
            pass
        except Exception:
            LOGGER.exception("A connection is closed after a fault in its protocol.")

    def _follow(self) -> None:
        """Enter the phase that the last bytes have led to."""
        connection = self._http.connection
        if self._phase is Phase.IDLE and connection.trailing_data[0]:
            self._enter(Phase.HEAD)
        elif self._phase is Phase.ANSWER and connection.their_state is h11.SEND_BODY:
            self._enter(Phase.BODY)
        elif self._phase is Phase.BODY and connection.their_state is not h11.SEND_BODY:
            self._enter(Phase.ANSWER)

    async def _send(self, event: Event) -> None:
        match event:
            case RawData(data=data) if data:
                await self._write(data)
            case Updated(idle=idle) if not self._is_ending():
                self._enter(Phase.IDLE if idle else Phase.ANSWER)
            case Closed() if not self._is_ending():
                self._end()

    def _end(self) -> None:
        """Close after the last answer; a peer that is still sending reads it first (RFC 9112, section 9.6)."""
        has_said_all = self._http.connection.their_state in _SAID_ALL and not self._http.is_refused
        if has_said_all or not self._transport.can_write_eof() or self._transport.get_write_buffer_size():
            self.close()
            return
        self._enter(Phase.LINGER)
        try:
            self._transport.write_eof()
        except OSError:
            self.abort()

    async def _write(self, data: bytes) -> None:
        if self._is_ending() or self._transport.is_closing():
            raise PeerGoneError
        self._transport.write(data)
        self._burst_bytes += len(data)
        if self._transport.get_write_buffer_size() > HIGH_WATER_BYTES:
            await self._drain()
        elif self._burst_bytes > BURST_BYTES:
            # An app that always has more to send would otherwise never let another connection run.
            self._burst_bytes = 0
            await asyncio.sleep(0)

    async def _drain(self) -> None:
        waiting = self._transport.get_write_buffer_size()
        while not self._transport.is_closing():
            try:
                async with asyncio.timeout(self._shared.config.write_timeout_seconds):
                    await self._peer.writer.drain()
            except TimeoutError:
                before, waiting = waiting, self._transport.get_write_buffer_size()
                if waiting >= before:
                    self._transport.abort()
            except OSError as error:
                raise PeerGoneError from error
            else:
                return
        raise PeerGoneError

    def _is_ending(self) -> bool:
        return self._phase in (Phase.LINGER, Phase.FLUSH)

    def _enter(self, phase: Phase) -> None:
        self._stop_timer()
        self._phase = phase
        seconds = self._shared.patience(phase)
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self.abort if self._is_ending() else self.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
