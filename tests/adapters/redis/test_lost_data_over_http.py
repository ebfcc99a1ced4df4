"""A client whose past Redis has lost is told to drop it, and then gets one whole text."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

from attrs import evolve

from domain.run.model import Record
from entrypoints.bootstrap import bootstrap
from entrypoints.house import House
from entrypoints.http.app import create_app
from entrypoints.http.cursor import cursor_of
from entrypoints.http.follow import follow_run
from tests.adapters.redis.server import serving_redis
from tests.entrypoints.bootstrapped import PASSWORD, begin, make_settings, wait_for_text

PATIENCE_SECONDS = 30.0
LOST_RECORDS = 4


async def read_until_it_breaks(house: House, run_id: str, grown: asyncio.Event, *, beyond: int) -> list[Record]:
    """Read a run's stream as a client does; tell when it has come so far."""
    got: list[Record] = []
    async with aclosing(follow_run(house.services, run_id)) as batches:
        async for batch in batches:
            got.extend(item for item in batch if isinstance(item, Record))
            if len(got) > beyond:
                grown.set()
    return got


async def test_who_comes_back_after_a_loss_gets_reset_and_one_whole_text(tmp_path: Path) -> None:
    with serving_redis() as server:
        settings = evolve(
            make_settings(tmp_path), store_url=server.url(), workers=2, lease_seconds=1.0, sample_tokens_per_second=40.0
        )
        async with bootstrap(settings) as house, asyncio.timeout(PATIENCE_SECONDS):
            pair = await house.services.login.log_in("admin", PASSWORD, "127.0.0.1")
            run_id = await begin(house)
            await wait_for_text(house, run_id)
            kept = server.keep_data()
            grown = asyncio.Event()
            beyond = (await house.services.log.tail(run_id)).seq + LOST_RECORDS
            reading = asyncio.ensure_future(read_until_it_breaks(house, run_id, grown, beyond=beyond))
            await grown.wait()

            server.bring_back(kept)
            seen = await reading

            headers = {"Authorization": f"Bearer {pair.access_token}", "Last-Event-ID": str(cursor_of(seen[-1]))}
            accept = {"Accept": "application/x-ndjson"}
            client = create_app(house.services).test_client()
            answer = await client.get(f"/runs/{run_id}/events", headers=headers | accept)
            lines = [json.loads(line) for line in (await answer.get_data()).splitlines() if line]

    first, *events = [line for line in lines if line["event"] != "heartbeat"]
    assert answer.status_code == 200
    assert first["event"] == "reset"
    assert [event["data"]["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events].count("complete") == 1
    assert events[-1]["event"] == "complete"
    assert not {str(cursor_of(record)) for record in seen[-LOST_RECORDS:]} & {event["id"] for event in events}
