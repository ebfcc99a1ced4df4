"""What PostgreSQL's and its driver's errors mean to those who use the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from domain.errors import AckLostError, StoreError, StoreRefusedError, StoreUnavailableError

_LOST = "The connection to PostgreSQL broke while it wrote; whether that landed is unknown."
_GONE = "PostgreSQL can't be reached now; it goes on by itself when it can."
_DAMAGED = "PostgreSQL found its files damaged. Stop Galley and restore the last backup."

_BROKEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # "cannot switch to state ...": the server's farewell was read while a statement was being sent.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_LEAVING = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05"})
_REFUSING = frozenset({"28000", "28P01", "3D000", "42501"})
_DAMAGES = frozenset({"XX001", "XX002"})
_PASSING = {
    "25006": "PostgreSQL is a standby that takes no writes; STORE_URL has to lead to the primary.",
    "40001": "PostgreSQL had too much to do at once; try again.",
    "40P01": "PostgreSQL had too much to do at once; try again.",
    "53100": "PostgreSQL's disk is full; it goes on by itself when there is space again.",
    "53200": "PostgreSQL has not enough memory; try again.",
    "53300": "PostgreSQL has as many connections as it allows; raise its max_connections or run fewer processes.",
    "55P03": "Another statement keeps this one waiting for too long; try again.",
    "57014": "PostgreSQL took too long; try again.",
}


def explain(error: Exception, *, may_have_landed: bool) -> StoreError | None:
    """Return what to raise instead; None for what only a mistake of this program can cause.

    With `may_have_landed` a connection that breaks leaves open whether the statement took effect.
    """
    if isinstance(error, asyncpg.PostgresError) and (known := _explain_state(error.sqlstate or "")) is not None:
        return known
    is_leaving = isinstance(error, asyncpg.PostgresError) and error.sqlstate in _LEAVING
    # The driver's own complaints about arguments are mistakes, and have the class of its broken connections.
    is_broken = isinstance(error, _BROKEN) and not isinstance(error, ValueError)
    if is_leaving or is_broken:
        return AckLostError(_LOST) if may_have_landed else StoreUnavailableError(_GONE)
    return None


@contextmanager
def explained(*, may_have_landed: bool = False) -> Iterator[None]:
    """Raise what the errors mean instead of them."""
    try:
        yield
    except (asyncpg.PostgresError, *_BROKEN) as error:
        known = explain(error, may_have_landed=may_have_landed)
        if known is None:
            raise
        raise known from error


def _explain_state(state: str) -> StoreError | None:
    if state in _PASSING:
        return StoreUnavailableError(_PASSING[state])
    if state in _REFUSING:
        return StoreRefusedError(
            "PostgreSQL refuses the role, its password or the database of STORE_URL, or lets the role do too little;"
            " the role has to own the database or its schema galley."
        )
    return StoreError(_DAMAGED) if state in _DAMAGES else None
