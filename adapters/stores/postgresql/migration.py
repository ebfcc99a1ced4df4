"""Bringing a database to this program's version, however many processes begin at once."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.stores.postgresql.database import Database, Transaction
from adapters.stores.postgresql.schema import MIGRATIONS, SCHEMA, Migration
from domain.errors import StoreRefusedError

PATIENCE_SECONDS = 600
"""How long a migration may take, and how long those wait for it who come meanwhile."""

_BEGIN = f"""
SELECT set_config('statement_timeout', '{PATIENCE_SECONDS}s', true);
SELECT pg_advisory_xact_lock(7310294416281923);
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL, usable_from bigint NOT NULL);
INSERT INTO schema_version SELECT 0, 0 WHERE NOT EXISTS (SELECT FROM schema_version);
"""  # noqa: S608 -- all of it is constant
_EXISTS = "SELECT to_regclass($1) IS NOT NULL AS exists"
_VERSION = "SELECT version, usable_from FROM schema_version"
_RECORD = "UPDATE schema_version SET version = $1, usable_from = $2"


async def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Apply what lacks, in one transaction; whoever comes meanwhile waits for it and finds it done.

    Raises:
        StoreRefusedError: A newer program has changed the tables beyond what this one can use.
    """
    (found,) = await database.read(_EXISTS, f"{SCHEMA}.schema_version")
    if found["exists"]:
        (at,) = await database.read(_VERSION)
        if _count_missing(at["version"], at["usable_from"], migrations) == 0:
            return
    async with database.transaction() as transaction:
        await transaction.run(_BEGIN, patience=PATIENCE_SECONDS)
        await _apply(transaction, migrations)


async def _apply(transaction: Transaction, migrations: Sequence[Migration]) -> None:
    (at,) = await transaction.fetch(_VERSION)
    missing = _count_missing(at["version"], at["usable_from"], migrations)
    if missing == 0:
        return
    for migration in migrations[-missing:]:
        await transaction.run(migration.sql, patience=PATIENCE_SECONDS)
    await transaction.fetch(_RECORD, len(migrations), max(migration.usable_from for migration in migrations))


def _count_missing(version: int, usable_from: int, migrations: Sequence[Migration]) -> int:
    if usable_from > len(migrations):
        raise StoreRefusedError(
            f"A newer Galley uses this database (schema {version}, for programs that know {usable_from} or later; this"
            f" one knows {len(migrations)}); use that one, or restore the backup that was made before it."
        )
    return max(0, len(migrations) - version)
