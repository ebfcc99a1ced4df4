"""Runs in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from adapters.stores.creation import Bounds, create_surely, to_created
from adapters.stores.cursor import encode_cursor
from adapters.stores.folding import fold
from adapters.stores.idempotency import KnownRun, find_same
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.postgresql.database import Database, Transaction
from adapters.stores.postgresql.history import write_query
from adapters.stores.postgresql.removal import Removal
from adapters.stores.postgresql.row import STORED_RUN, to_stored
from adapters.stores.ring import QUEUE, Rings
from domain.errors import RunNotFoundError
from domain.run.codec import encode_spec
from domain.run.model import NewRun, RunPage, RunQuery, StoredRun

CREATING_AT_ONCE = 200
"""More transactions than all processes together have under way; so near to its bound the queue is counted exactly."""

_LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))"
_LOCK_QUEUE = "SELECT pg_advisory_xact_lock(7310294416281924)"
_KNOWN = """
SELECT runs.id, runs.owner, requests.fingerprint FROM runs JOIN requests ON requests.run = runs.key
WHERE runs.id = $1
UNION
SELECT runs.id, runs.owner, requests.fingerprint FROM runs JOIN requests ON requests.run = runs.key
WHERE requests.owner = $2 AND requests.idempotency_key = $3
"""
_QUEUED = "SELECT count(*) AS runs FROM (SELECT FROM runs WHERE status = 'queued' LIMIT $1) AS first_ones"
_LIVE = "SELECT count(*) AS runs FROM runs WHERE status IN ('queued', 'running') AND owner = $1"
_CREATE = """
WITH kept AS (
    INSERT INTO contents (hash, content) VALUES ($1, $2) ON CONFLICT DO NOTHING
), made AS (
    INSERT INTO runs (id, owner, created_at) VALUES ($3, $4, $5) RETURNING key
), asked AS (
    INSERT INTO requests (run, owner, content, prompt, idempotency_key, fingerprint, search, spec)
    SELECT key, $4, $1, $6, $7, $8, $9, $10 FROM made
), logged AS (
    INSERT INTO events (run, seq, epoch, time, type, data) SELECT key, 1, 0, $5, $11, $12 FROM made
), owed AS (
    INSERT INTO deliveries (run, owner) SELECT key, $4 FROM made WHERE $14
)
SELECT pg_notify('galley', payload) FROM unnest($13::text[]) AS payload
"""
_CONTENT = "SELECT content FROM contents WHERE hash = $1"


class PostgresqlRunStore:
    """`RunStore` in PostgreSQL."""

    def __init__(self, database: Database, rings: Rings, sender: str, bounds: Bounds) -> None:
        self._database = database
        self._rings = rings
        self._sender = sender
        self._bounds = bounds
        self._removal = Removal(database)

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create and queue it, or return the one that is known.

        Raises:
            AckLostError: Unknown: ask again with the same id or key.
        """
        stored, is_new = await create_surely(self._try_create, run)
        if is_new:
            self._rings.ring([QUEUE])
        return stored, is_new

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its content."""
        sql = STORED_RUN.replace("FROM", ", contents.content FROM", 1)
        rows = await self._database.read(
            f"{sql} JOIN contents ON contents.hash = requests.content WHERE runs.id = $1", run_id
        )
        if not rows:
            raise RunNotFoundError(f"There is no run {run_id}.")
        return to_stored(rows[0]), rows[0]["content"]

    async def list(self, query: RunQuery) -> RunPage:
        """Go through the runs by key, newest first."""
        sql, values = write_query(query)
        rows = await self._database.read(sql, *values)
        page = rows[: query.limit]
        following = encode_cursor(page[-1]["key"]) if len(rows) > query.limit else None
        return RunPage(runs=tuple(to_stored(row) for row in page), next=following)

    async def delete(self, run_id: str) -> None:
        """Take the run out of sight at once, then its log in slices."""
        await self._removal.remove(run_id)

    async def purge(self, before: datetime) -> int:
        """Do the same with all that ended before."""
        return await self._removal.remove_ended(before)

    async def _try_create(self, run: NewRun) -> tuple[StoredRun, bool] | None:
        try:
            return await self._create(run)
        except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError):
            # Another process made the same run, or removed the last run with that content, just now.
            return None

    async def _create(self, run: NewRun) -> tuple[StoredRun, bool]:
        async with self._database.transaction() as transaction:
            # One after the other for each owner, so that each sees what the one before has made.
            await transaction.fetch(_LOCK_OWNER, run.owner)
            rows = await transaction.fetch(_KNOWN, run.id, run.owner, run.key)
            known = [KnownRun(id=row["id"], owner=row["owner"], fingerprint=row["fingerprint"]) for row in rows]
            same = find_same(run, known)
            if same is not None:
                (row,) = await transaction.fetch(f"{STORED_RUN} WHERE runs.id = $1", same)
                return to_stored(row), False
            await self._check_bounds(transaction, run.owner)
            await self._insert(transaction, run)
        return to_created(run), True

    async def _check_bounds(self, transaction: Transaction, owner: str) -> None:
        allowed = self._bounds.user_live_runs
        if allowed is not None:
            (live,) = await transaction.fetch(_LIVE, owner)
            if live["runs"] >= allowed:
                raise self._bounds.live_exceeded()
        limit = self._bounds.queue_limit
        if limit is None:
            return
        (queued,) = await transaction.fetch(_QUEUED, limit)
        if queued["runs"] + CREATING_AT_ONCE > limit:
            await transaction.fetch(_LOCK_QUEUE)
            (queued,) = await transaction.fetch(_QUEUED, limit)
        if queued["runs"] >= limit:
            raise self._bounds.queue_full()

    async def _insert(self, transaction: Transaction, run: NewRun) -> None:
        pin, record = run.spec.prompt, run.record
        await transaction.fetch(
            _CREATE,
            *(pin.hash, run.content, run.id, run.owner, record.time),
            *(pin.name, run.key, run.fingerprint, fold(run.search), encode_spec(run.spec)),
            *(record.type, record.data, write_payloads(self._sender, Notice(has_claimable=True))),
            run.spec.request.webhook is not None,
        )
