"""Is a run about to be created one that its owner has asked for before."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from domain.errors import IdempotencyConflictError
from domain.run.model import NewRun


@frozen(kw_only=True)
class KnownRun:
    """A run that has the id or the idempotency key of one about to be created."""

    id: str
    owner: str
    fingerprint: str


def find_same(run: NewRun, known: Sequence[KnownRun]) -> str | None:
    """Return the id of the run that this request has made before, None where it is new.

    Raises:
        IdempotencyConflictError: The id or key stands for another request, or somebody else's.
    """
    for other in known:
        if other.owner != run.owner:
            raise IdempotencyConflictError("This run id is taken; make another one.")
        if other.fingerprint != run.fingerprint:
            raise IdempotencyConflictError("This run id or idempotency key was used for another request before.")
    if len({other.id for other in known}) > 1:
        raise IdempotencyConflictError("This run id and this idempotency key belong to two different runs.")
    return known[0].id if known else None
