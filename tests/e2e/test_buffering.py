"""A proxy that holds back what doesn't fill its buffer doesn't hold back a run's first event (F37)."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import httpx

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import log_in

BUFFER_BYTES = 4096
SLOW = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "1"}
BODY = {"prompt": "blog-post", "inputs": {"topic": "Kites"}}


async def test_the_first_event_comes_early_through_a_proxy_that_buffers(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=SLOW) as server, log_in(server) as client:
        headers = {"Authorization": client.headers["Authorization"], "Via": "1.1 proxy"}
        async with (
            Proxy(server.port, lambda _: Plan(hold=BUFFER_BYTES)) as proxy,
            httpx.AsyncClient(base_url=proxy.url, headers=headers, trust_env=False, timeout=None) as http,
            asyncio.timeout(10),
            http.stream("POST", "/run/stream", json=BODY) as answer,
            aclosing(answer.aiter_lines()) as lines,
        ):
            first = await anext(line async for line in lines if line.startswith("event:"))

    assert first == "event: run"
