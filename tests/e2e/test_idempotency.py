"""One idempotency key is one run, however many ask at once and whatever happens between."""

import asyncio
from pathlib import Path

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "100"}
ASKING = 50


async def test_fifty_at_once_and_fifty_after_a_kill_get_the_one_run(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        posting = [client.call("POST", "/run", json=ask("Kites"), headers=key("kites")) for _ in range(ASKING)]
        answers = await asyncio.gather(*posting)
        await server.restart()
        posting = [client.call("POST", "/run", json=ask("Kites"), headers=key("kites")) for _ in range(ASKING)]
        answers += await asyncio.gather(*posting)
        evidence = assert_nothing_broke(server, [])

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert list(evidence.states) == [answers[0].json()["run_id"]]


async def test_fifty_streams_of_one_key_are_shown_one_run_to_the_byte(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        logs = await asyncio.gather(*(client.follow_new(ask("Kites"), key="kites") for _ in range(ASKING)))
        evidence = assert_nothing_broke(server, logs)

    assert len(evidence.states) == 1
    assert all(log.frames == logs[0].frames for log in logs)


async def test_a_known_key_with_another_body_is_refused(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        first = await client.call("POST", "/run", json=ask("Kites"), headers=key("kites"))
        second = await client.call("POST", "/run", json=ask("Boats"), headers=key("kites"))
        assert_nothing_broke(server, [])

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 422, "idempotency_conflict")


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}
