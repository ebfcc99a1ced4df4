"""What users spend."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending


class Ledger(Protocol):
    """What users spend by UTC day. What is reserved stays so through any crash, until somebody settles it."""

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Hold what a call may use at most, in one atomic step, so that no number of runs goes beyond the limits.

        The same reservation again changes nothing.

        Raises:
            DailyLimitError: It does not fit with what the user has used and reserved that day. Nothing was reserved.
            FencedError: The epoch is not the run's newest, or the run is not running. Nothing was reserved.
            AckLostError: Unknown: reserve it again.
            StoreUnavailableError: Nothing was reserved; worth retrying.
        """
        ...

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Turn what the run has reserved, up to this call of this epoch, into what was spent; once and for all.

        It counts for the reservation's day, as the whole reservation where `spent` is None. Where nothing is reserved
        nothing changes.

        Raises:
            AckLostError: Unknown: settle it again.
            StoreUnavailableError: Nothing was settled; worth retrying.
        """
        ...

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Return what a user has used and reserved that day."""
        ...
