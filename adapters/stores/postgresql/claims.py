"""Whose turn it is: fair between owners, oldest first, decided by the database under its row locks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from adapters.stores.claims import Look, Wish
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.postgresql.database import Database
from adapters.stores.repeatable import repeatable
from domain.run.model import Lease, LiveRuns, RunStatus

OWNERS = 8
CANDIDATES = 8
"""Runs of each of these owners that a claim looks at; other workers may be taking the first ones just now."""
TRIES = 5

_TAKE = """
taken AS (
    UPDATE runs SET status = 'running', epoch = runs.epoch + 1, worker = $1, claim = $2,
        lease_until = lease_now() + make_interval(secs => $3)
    FROM picked WHERE runs.key = picked.key
    RETURNING runs.id, runs.epoch, picked.status = 'running' AS is_takeover,
        extract(epoch FROM lease_now() - runs.born_at)::float8 AS age_seconds
), told AS (
    SELECT pg_notify('galley', $4 || ' s' || id) FROM taken WHERE is_takeover
)
SELECT taken.*, (SELECT count(*) FROM told) FROM taken
"""
_MAY_CLAIM = """
(runs.status = 'queued' OR (runs.status = 'running' AND runs.worker <> $1 AND runs.lease_until <= lease_now()))
"""
_CLAIM_ONE = f"""
WITH picked AS (
    SELECT key, status FROM runs WHERE id = $5 AND {_MAY_CLAIM} FOR NO KEY UPDATE
), {_TAKE}
"""  # noqa: S608 -- all of it is constant
_CLAIM_NEXT = f"""
WITH RECURSIVE owners AS (
    (SELECT owner FROM runs WHERE status = 'queued' ORDER BY owner LIMIT 1)
    UNION ALL
    SELECT (SELECT runs.owner FROM runs WHERE runs.status = 'queued' AND runs.owner > owners.owner
            ORDER BY runs.owner LIMIT 1)
    FROM owners WHERE owners.owner IS NOT NULL
), lost AS (
    SELECT key, owner, row_number() OVER (PARTITION BY owner ORDER BY key) AS place FROM runs
    WHERE status = 'running' AND lease_until <= lease_now() AND worker <> $1
), first AS (
    SELECT owner, queued.key, 0 AS own FROM owners CROSS JOIN LATERAL (
        SELECT key FROM runs WHERE status = 'queued' AND runs.owner = owners.owner ORDER BY key LIMIT 1
    ) AS queued
    UNION ALL
    SELECT owner, key, 1 AS own FROM lost WHERE place = 1
), held AS (
    SELECT owner, count(*) AS running FROM runs
    WHERE status = 'running' AND owner IN (SELECT owner FROM first) GROUP BY owner
), next AS (
    SELECT owner, own, coalesce(running, 0) - own AS others FROM first LEFT JOIN held USING (owner)
    ORDER BY others, key LIMIT {OWNERS}
), waiting AS (
    SELECT queued.key, others FROM next CROSS JOIN LATERAL (
        SELECT key FROM runs WHERE status = 'queued' AND runs.owner = next.owner ORDER BY key LIMIT {CANDIDATES}
    ) AS queued WHERE own = 0
    UNION ALL
    SELECT lost.key, others FROM next JOIN lost USING (owner) WHERE own = 1 AND place <= {CANDIDATES}
), picked AS (
    SELECT runs.key, runs.status FROM waiting JOIN runs ON runs.key = waiting.key WHERE {_MAY_CLAIM}
    ORDER BY others, waiting.key LIMIT 1 FOR NO KEY UPDATE OF runs SKIP LOCKED
), {_TAKE}
"""  # noqa: S608 -- all of it is constant
_NEXT = """
SELECT EXISTS (SELECT FROM runs WHERE status = 'queued') AS has_queued,
    extract(epoch FROM min(lease_until) - lease_now())::float8 AS seconds
FROM runs WHERE status = 'running' AND worker <> $1
"""
_GIVE_BACK = """
WITH given AS (
    UPDATE runs SET status = 'queued', worker = NULL, lease_until = NULL
    WHERE status = 'running' AND claim = ANY($1::uuid[]) RETURNING key
), told AS (
    SELECT pg_notify('galley', payload) FROM unnest($2::text[]) AS payload WHERE EXISTS (SELECT FROM given)
)
SELECT count(*) FROM told
"""
_CANCEL = """
WITH flagged AS (
    UPDATE runs SET cancel_requested = true WHERE id = $1 AND status IN ('queued', 'running') RETURNING id
), told AS (
    SELECT pg_notify('galley', payload) FROM unnest($2::text[]) AS payload WHERE EXISTS (SELECT FROM flagged)
)
SELECT status, (SELECT count(*) FROM told) FROM runs WHERE id = $1
"""
_COUNT = """
SELECT (SELECT count(*) FROM runs WHERE status = 'queued') AS queued,
    (SELECT count(*) FROM runs WHERE status = 'running') AS running
"""


class PostgresqlClaims:
    """Takes runs, gives back what was taken by mistake, flags cancels, and counts."""

    def __init__(self, database: Database, sender: str, *, lease_seconds: float) -> None:
        self._database = database
        self._sender = sender
        self._lease_seconds = lease_seconds

    async def take(self, wish: Wish, claim: UUID) -> Look:
        """Try again where others only held the candidates for a moment; what they leave is to be had now."""
        for _ in range(TRIES):
            lease = await self._claim(wish, claim)
            if lease is not None or wish.run_id is not None:
                return Look(claim=claim, lease=lease)
            (following,) = await self._database.read(_NEXT, wish.worker)
            if not following["has_queued"]:
                return Look(claim=claim, seconds=following["seconds"])
        return Look(claim=claim, seconds=0.0)

    async def give_back(self, claims: Collection[UUID]) -> None:
        """Queue again, and tell."""
        with repeatable():
            payloads = write_payloads(self._sender, Notice(has_claimable=True))
            await self._database.write(_GIVE_BACK, list(claims), payloads)

    async def flag_cancel(self, run_id: str) -> RunStatus | None:
        """Flag, and tell."""
        with repeatable():
            rows = await self._database.write(_CANCEL, run_id, write_payloads(self._sender, Notice(states=[run_id])))
        return RunStatus(rows[0]["status"]) if rows else None

    async def count(self) -> LiveRuns:
        """Count through the two partial indexes."""
        (row,) = await self._database.read(_COUNT)
        return LiveRuns(queued=row["queued"], running=row["running"])

    async def _claim(self, wish: Wish, claim: UUID) -> Lease | None:
        values: list[object] = [wish.worker, claim, self._lease_seconds, self._sender]
        if wish.run_id is None:
            rows = await self._database.write(_CLAIM_NEXT, *values)
        else:
            rows = await self._database.write(_CLAIM_ONE, *values, wish.run_id)
        if not rows:
            return None
        row = rows[0]
        return Lease(
            run_id=row["id"],
            epoch=row["epoch"],
            worker=wish.worker,
            is_takeover=row["is_takeover"],
            age_seconds=row["age_seconds"],
        )
