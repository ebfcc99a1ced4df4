"""Whose run it is: the one place that decides who may see, cancel or delete one."""

from __future__ import annotations

from domain.errors import RunNotFoundError
from domain.run.model import RunStatus, StoredRun
from domain.user import Principal, Role
from entrypoints.services import Services


async def find_run(services: Services, principal: Principal, run_id: str) -> StoredRun:
    """Return a run that the principal may see: their own, or any for an admin.

    Raises:
        RunNotFoundError: There is none, or it is somebody else's; the two can't be told apart.
    """
    try:
        stored, _ = await services.runs.get(run_id)
    except RunNotFoundError:
        raise RunNotFoundError(UNKNOWN) from None
    if not can_see(principal, stored):
        raise RunNotFoundError(UNKNOWN)
    return stored


def can_see(principal: Principal, run: StoredRun) -> bool:
    """Whether the principal may know of the run."""
    return run.owner == principal.user_id or principal.has_role(Role.ADMIN)


async def cancel_run(services: Services, principal: Principal, run_id: str) -> RunStatus:
    """Ask for a run's cancel; return its status, which is the terminal one where it has ended.

    Raises:
        RunNotFoundError: There is none, or it is somebody else's.
    """
    run = await find_run(services, principal, run_id)
    return await services.canceller.cancel(run.id)


async def delete_run(services: Services, principal: Principal, run_id: str) -> None:
    """Remove a terminal run.

    Raises:
        RunNotFoundError: There is none, or it is somebody else's.
        RunLiveError: It has not ended.
    """
    run = await find_run(services, principal, run_id)
    await services.runs.delete(run.id)


UNKNOWN = "There is no such run."
