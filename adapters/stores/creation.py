"""Creating a run in an engine that many processes share: bounds, and what to do where its ack is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from domain.errors import AckLostError, LiveRunsExceededError, QueueFullError, StoreUnavailableError
from domain.run.model import NewRun, RunStatus, StoredRun

TRIES = 3
_UNSURE = "Whether the run was created is unknown; ask for it again."


@frozen(kw_only=True)
class Bounds:
    """How many runs may be queued in all, and live per owner; None: as many as there are."""

    queue_limit: int | None = None
    user_live_runs: int | None = None

    def live_exceeded(self) -> LiveRunsExceededError:
        """Return what an owner is told who has as many live runs as allowed."""
        return LiveRunsExceededError(f"You have {self.user_live_runs} live runs already; wait until one has ended.")

    def queue_full(self) -> QueueFullError:
        """Return what everybody is told while as many runs are queued as allowed."""
        return QueueFullError("As many runs are queued as this service takes; try again later.")


async def create_surely(
    create: Callable[[NewRun], Awaitable[tuple[StoredRun, bool] | None]], run: NewRun
) -> tuple[StoredRun, bool]:
    """Create a run, or find the one that is known; `create` returns None where others were in its way just now.

    Raises:
        AckLostError: Unknown: ask again with the same id or key.
    """
    is_unsure = False
    for _ in range(TRIES):
        try:
            created = await create(run)
        except AckLostError:
            is_unsure = True
        except StoreUnavailableError as error:
            if is_unsure:
                raise AckLostError(_UNSURE) from error
            raise
        else:
            if created is not None:
                stored, is_new = created
                return stored, is_new or (is_unsure and stored.id == run.id)
    if is_unsure:
        raise AckLostError(_UNSURE)
    raise StoreUnavailableError("Others ask for the same run just now; try again.")


def to_created(run: NewRun) -> StoredRun:
    """Return a run as it is right after its creation."""
    return StoredRun(
        id=run.id,
        owner=run.owner,
        spec=run.spec,
        status=RunStatus.QUEUED,
        success=None,
        cancel_requested=False,
        epoch=0,
        tail=run.record.seq,
        created_at=run.record.time,
    )
