"""Every clock keeps the laws of `Clock`."""

from __future__ import annotations

import asyncio

import pytest

from adapters.clock import ManualClock, SystemClock
from domain.ports import Clock
from tests.contract.clock import ClockContract, Elapse


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()

    @pytest.fixture
    def elapse(self) -> Elapse:
        return asyncio.sleep


class TestManualClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return ManualClock()

    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.advance
