"""What an append or a reservation has to fit before anything of it is written."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import FencedError
from domain.run.events import TERMINAL_TYPES
from domain.run.model import Finish, Lease, Record, RunStatus
from domain.run.spending import Reservation


def check_append(lease: Lease, records: Sequence[Record], finish: Finish | None) -> None:
    """Hold a writer to what no state of the log could make right.

    Raises:
        ValueError: Nothing to add, a record of another run or epoch, or a terminal event without its finish.
    """
    if not records or any(record.run_id != lease.run_id or record.epoch != lease.epoch for record in records):
        raise ValueError("An append holds one or more records of its lease's run and epoch.")
    terminal = [record.type for record in records if record.type in TERMINAL_TYPES]
    if terminal != ([] if finish is None else [finish.status.value]) or terminal not in ([], [records[-1].type]):
        raise ValueError("A terminal event comes last, with the finish of the same status.")


def check_fence(lease: Lease, records: Sequence[Record], *, status: RunStatus, epoch: int, tail: int) -> None:
    """Compare what a writer believes with a run as it is.

    Raises:
        FencedError: It believes something else.
    """
    if status is not RunStatus.RUNNING or epoch != lease.epoch:
        raise FencedError(f"Run {lease.run_id} is {status.value} in epoch {epoch}, not running in {lease.epoch}.")
    if any(record.seq != seq for seq, record in enumerate(records, tail + 1)):
        raise FencedError(f"Run {lease.run_id} has its tail at {tail}; the records don't go on from there.")


def check_epoch(reservation: Reservation, run: tuple[RunStatus, int] | None) -> None:
    """Compare what a reservation is for with its run's status and epoch, None where there is no such run.

    Raises:
        FencedError: It is not for the run's newest epoch, or the run is not running.
    """
    if run != (RunStatus.RUNNING, reservation.epoch):
        raise FencedError(f"Run {reservation.run_id} is not running in epoch {reservation.epoch}.")
