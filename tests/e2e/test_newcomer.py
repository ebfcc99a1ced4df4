"""What a newcomer does first, with nothing but the command and curl."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.sse_reader import Frame, SseReader

ENV = {"GALLEY_ADMIN_PASSWORD": "", "GALLEY_SAMPLE_TOKENS_PER_SECOND": "400"}


def curl(*arguments: str) -> bytes:
    return subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], check=True, capture_output=True).stdout


def post(url: str, body: dict[str, Any], *arguments: str) -> bytes:
    return curl("-H", "Content-Type: application/json", "-d", json.dumps(body), *arguments, url)


def first_of_each(frames: list[Frame]) -> list[str]:
    """Name the events and their stages in the order in which each came first."""
    return list(dict.fromkeys(f"{frame.event} {json.loads(frame.data).get('stage', '')}".strip() for frame in frames))


async def test_a_printed_password_a_login_and_a_stream_with_curl(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV) as server:
        printed = re.search(r"password\D*?:\s+(\S{12,})", server.stdout, re.IGNORECASE)
        assert printed is not None, server.stdout + server.stderr
        credentials = {"username": "admin", "password": printed[1]}
        token = json.loads(post(f"{server.url}/auth/login", credentials))["access_token"]
        body = {"prompt": "blog-post", "inputs": {"topic": "Kites"}}
        stream = post(f"{server.url}/run/stream", body, "-N", "-H", f"Authorization: Bearer {token}")
        database = server.database.read_bytes()

    reader = SseReader()
    frames = reader.feed(stream)
    events = [json.loads(frame.data) for frame in frames]
    assert reader.faults == []
    assert first_of_each(frames)[:6] == [
        "run",
        "progress load_prompts",
        "progress generator",
        "delta generator",
        "usage generator",
        "draft generator",
    ]
    assert [event["progress"] for event in events if event["type"] == "draft"] == [50]
    percents = [event["progress"] for event in events if event["type"] == "progress"]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (10, 100)
    assert {10, 30, 60, 80, 85, 100} <= set(percents)
    assert "retry" in {event.get("stage") for event in events}
    assert (events[-1]["type"], events[-1]["success"]) == ("complete", True)
    assert printed[1].encode() not in database
