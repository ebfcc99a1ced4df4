"""Any course of reservations and settlements adds up in Redis."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings

from tests.adapters.redis.engine import RedisEngine
from tests.contract.store import OpenStore
from tests.contract.test_ledger_courses import STEPS, Step, check_course


class TestRedisLedgerCourses(RedisEngine):
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(steps=STEPS)
    def test_any_course_of_things_adds_up(self, open_store: OpenStore, steps: list[Step]) -> None:
        asyncio.run(check_course(open_store, steps))
