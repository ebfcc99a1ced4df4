"""Whether the process lives, and whether it takes work."""

from __future__ import annotations

import attrs

from domain.errors import StoreUnavailableError
from domain.run.model import RunPage, RunQuery
from tests.entrypoints.arrangement import House


async def test_a_serving_process_is_live_and_ready(house: House) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await house.ask("GET", path, {})
        assert (answer.status_code, await answer.get_json()) == (200, {"status": "ok"})


async def test_a_process_that_goes_away_is_live_and_not_ready(house: House) -> None:
    house.drain.set()

    assert (await house.ask("GET", "/health/live", {})).status_code == 200
    answer = await house.ask("GET", "/health/ready", {})
    assert (answer.status_code, (await answer.get_json())["code"]) == (503, "draining")


class UnreachableRuns:
    """A store that can't be reached."""

    async def list(self, query: RunQuery) -> RunPage:
        raise StoreUnavailableError("No connection to postgresql://galley:hunter2@db.")


async def test_a_process_without_its_store_is_not_ready_and_does_not_say_where_it_is(house: House) -> None:
    house.app.extensions["galley"] = attrs.evolve(house.services, runs=UnreachableRuns())

    answer = await house.ask("GET", "/health/ready", {})

    assert (answer.status_code, (await answer.get_json())["code"]) == (503, "store_unavailable")
    assert b"hunter2" not in await answer.get_data()
    assert (await house.ask("GET", "/health/live", {})).status_code == 200
