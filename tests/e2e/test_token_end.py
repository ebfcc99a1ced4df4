"""A token that ends while its stream is open: the stream says so, ends with it, and goes on with a fresh one (S4)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.e2e.rig.client import ClientLog, GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in
from tests.e2e.rig.sse_reader import SseReader

ACCESS_SECONDS = 5
LATE_SECONDS = 5.0


async def read(method: str, path: str, client: GalleyClient, log: ClientLog, **options: Any) -> None:
    """Read one stream until the server ends it."""
    reader = SseReader()
    async with client.http.stream(method, path, **options) as response:
        async for piece in response.aiter_bytes():
            for frame in reader.feed(piece):
                log.take(frame)


async def test_a_stream_ends_with_its_token_and_goes_on_with_another(tmp_path: Path) -> None:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "12", "GALLEY_ACCESS_SECONDS": str(ACCESS_SECONDS)}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server:
        async with log_in(server) as client:
            log, begun = ClientLog(user=client.user), time.monotonic()
            headers = client.headers | {"Idempotency-Key": "kites"}
            await read("POST", "/run/stream", client, log, headers=headers, json=ask("Kites"))
            lasted, was_cut = time.monotonic() - begun, not log.has_ended
            refused = await client.call("GET", f"/runs/{log.run_id}/events")
        while not log.has_ended:
            async with log_in(server) as client:
                headers = client.headers | {"Last-Event-ID": log.last_id or ""}
                await read("GET", f"/runs/{log.run_id}/events", client, log, headers=headers)
        assert_nothing_broke(server, [log])

    assert was_cut
    assert log.controls[0].event == "auth_expiring"
    assert lasted < ACCESS_SECONDS + LATE_SECONDS
    assert refused.status_code == 401
