"""What users spend, in memory."""

from __future__ import annotations

from datetime import date

from adapters.stores.fence import check_epoch
from adapters.stores.memory.state import MemoryRuns
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending


class MemoryLedger:
    """`Ledger` in memory."""

    def __init__(self, runs: MemoryRuns) -> None:
        self._runs = runs
        self._reserved: dict[tuple[str, int, int], Reservation] = {}
        self._used: dict[tuple[str, date], Spending] = {}

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Reserve where it fits."""
        key = (reservation.run_id, reservation.epoch, reservation.call)
        state = self._runs.get(reservation.run_id)
        check_epoch(reservation, None if state is None else (state.status, state.epoch))
        if key not in self._reserved:
            limits.check(await self.usage(reservation.user_id, reservation.day), reservation.most)
            self._reserved[key] = reservation

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Take the reservations away and add what was spent."""
        settled = sorted(key for key in self._reserved if key[0] == run_id and key[1:] <= (epoch, call))
        for key in settled:
            held = self._reserved.pop(key)
            day = (held.user_id, held.day)
            actual = held.most if spent is None or key != settled[-1] else spent
            self._used[day] = self._used.get(day, Spending()) + actual

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Add up."""
        held = [one.most for one in self._reserved.values() if (one.user_id, one.day) == (user_id, day)]
        return DayUsage(used=self._used.get((user_id, day), Spending()), reserved=sum(held, Spending()))
