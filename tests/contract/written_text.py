"""What somebody writes is a value to an engine, whatever it looks like."""

from __future__ import annotations

import pytest

from adapters.clock import ManualClock
from domain.errors import NotFoundError
from domain.run.model import RunQuery
from tests.contract.store import OpenStore, make_run

HOSTILE = [
    "'; DROP TABLE runs; --",
    "' OR '1'='1",
    "\\'; SELECT pg_sleep(9); --",
    "$1",
    "%s",
    "\0",
    "a\0b",
    "\ud800",
    "{}",
    '"',
    "run-1' UNION SELECT * FROM users --",
]


class WrittenTextContract:
    """An engine's tests supply `open_shared`, for stores without anything in them."""

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_whatever_is_written_is_a_value(self, open_shared: OpenStore, text: str) -> None:
        async with open_shared(clock=ManualClock()) as store:
            await store.runs.create(make_run(search=f"before {text} after", owner="ann"))

            for look in (store.runs.get(text), store.prompts.find(text), store.users.find(text), store.log.tail(text)):
                with pytest.raises(NotFoundError):
                    await look
            for query in (RunQuery(owner=text), RunQuery(prompt=text)):
                assert (await store.runs.list(query)).runs == ()
            assert [run.id for run in (await store.runs.list(RunQuery(text=text))).runs] == ["run-1"]
            assert await store.sessions.is_revoked(text)
            assert await store.queue.claim(text, wait_seconds=0, run_id=text) is None
