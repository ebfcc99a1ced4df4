"""Runs in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.stores.creation import Bounds, create_surely, to_created
from adapters.stores.cursor import decode_cursor, encode_cursor
from adapters.stores.folding import fold
from adapters.stores.idempotency import KnownRun, find_same
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.redis.packing import to_microseconds, to_text
from adapters.stores.redis.row import get_order, to_stored
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from adapters.stores.ring import QUEUE, Rings
from domain.errors import RunLiveError, RunNotFoundError
from domain.run.codec import encode_spec
from domain.run.model import NewRun, RunPage, RunQuery, StoredRun

LOOKED_AT_ONCE = 1000
"""Runs that one call goes through for a list; a script holds everybody up."""
REMOVED_AT_ONCE = 100


class RedisRunStore:
    """`RunStore` in Redis."""

    def __init__(self, server: Server, rings: Rings, sender: str, bounds: Bounds) -> None:
        self._server = server
        self._rings = rings
        self._payloads = write_payloads(sender, Notice(has_claimable=True))
        self._bounds = bounds

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create and queue it, or return the one that is known.

        Raises:
            AckLostError: Unknown: ask again with the same id or key.
        """
        stored, is_new = await create_surely(self._create, run)
        if is_new:
            self._rings.ring([QUEUE])
        return stored, is_new

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its content."""
        with repeatable():
            found = await self._server.run("get", run_id)
        if found is None:
            raise _not_found(run_id)
        row, content = found
        return to_stored(row), content

    async def list(self, query: RunQuery) -> RunPage:
        """Go through the owner's runs, or all of them, in slices."""
        below = None if query.after is None else decode_cursor(query.after)
        rows: list[Any] = []
        while len(rows) <= query.limit:
            found, below = await self._list_some(query, below, query.limit + 1 - len(rows))
            rows.extend(found)
            if below is None:
                break
        page = rows[: query.limit]
        following = encode_cursor(get_order(page[-1])) if len(rows) > query.limit else None
        return RunPage(runs=tuple(to_stored(row) for row in page), next=following)

    async def delete(self, run_id: str) -> None:
        """Remove a run with its log."""
        answer = await self._server.run("remove", run_id)
        if answer == b"live":
            raise RunLiveError("The run has not ended; cancel it first.")
        if answer == b"none":
            raise _not_found(run_id)

    async def purge(self, before: datetime) -> int:
        """Remove some at a time, so that nobody is held up."""
        count = 0
        while True:
            removed: int = await self._server.run("remove", None, to_microseconds(before), REMOVED_AT_ONCE)
            count += removed
            if removed < REMOVED_AT_ONCE:
                return count

    async def _create(self, run: NewRun) -> tuple[StoredRun, bool]:
        pin, record = run.spec.prompt, run.record
        outcome, *known = await self._server.run(
            "create",
            *(run.id, run.owner, run.key, run.fingerprint, pin.hash, run.content, pin.name, fold(run.search)),
            *(encode_spec(run.spec), to_microseconds(record.time), record.type, record.data),
            *(self._bounds.queue_limit, self._bounds.user_live_runs),
            *(run.spec.request.webhook is not None, self._payloads),
        )
        if outcome == b"live":
            raise self._bounds.live_exceeded()
        if outcome == b"full":
            raise self._bounds.queue_full()
        if outcome == b"known":
            return _choose(run, known[0]), False
        return to_created(run), True

    async def _list_some(self, query: RunQuery, below: int | None, limit: int) -> tuple[Sequence[Any], int | None]:
        text = None if query.text is None else fold(query.text)
        statuses = [str(status) for status in query.statuses]
        with repeatable():
            found, following = await self._server.run(
                "list", query.owner, statuses, query.prompt, text, below, limit, LOOKED_AT_ONCE
            )
        return found, following


def _choose(run: NewRun, known: Sequence[Any]) -> StoredRun:
    others = [to_stored(row) for _, _, row in known]
    same = find_same(
        run,
        [
            KnownRun(id=other.id, owner=other.owner, fingerprint=to_text(fingerprint))
            for other, (_, fingerprint, _) in zip(others, known, strict=True)
        ],
    )
    return next(other for other in others if other.id == same)


def _not_found(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"There is no run {run_id}.")
