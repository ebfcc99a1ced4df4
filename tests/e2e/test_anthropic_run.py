"""A served run on Claude's wire format: what the API is sent, what the run is charged, and what is kept to oneself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig.client import ClientLog, connect
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess
from tests.wire.answer import Answer
from tests.wire.process import wire_process

KEY = "sk-ant-canary-51d27f3a9c"
AMBIENT = "canary-of-the-environment"
SHIPPED = Path(__file__).parents[1] / "fixtures" / "shipped"
SHORT = "# Oak desk lamp\n\nA lamp."
WHOLE = (SHIPPED / "product-description.md").read_text()
BODY = {"prompt": "product-description", "inputs": {"product": "Oak desk lamp", "audience": "People who read at night"}}
ANSWERS = (
    Answer(status=529, retry_after="0"),
    Answer(text=SHORT, input_tokens=40, output_tokens=9, cache_written=300),
    Answer(text=WHOLE, input_tokens=90, output_tokens=150, cached=300),
)
PRICES = json.loads((Path(__file__).parents[2] / "adapters" / "prices" / "prices.json").read_text())
RATES = PRICES["models"]["claude-sonnet-5-5"]
"""US dollars for a million tokens."""
COSTS = [
    round((40 * RATES["input"] + 300 * RATES["cache_write"] + 9 * RATES["output"]) / 1e6, 9),
    round((90 * RATES["input"] + 300 * RATES["cache_read"] + 150 * RATES["output"]) / 1e6, 9),
]


def environment(url: str) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": AMBIENT,
        "ANTHROPIC_CUSTOM_HEADERS": f"X-Ambient: {AMBIENT}\nAnthropic-Beta: {AMBIENT}",
    }


async def run_on(url: str, data: Path) -> tuple[ClientLog, str]:
    async with (
        GalleyProcess(data=data, env=environment(url)) as server,
        connect(server.url, user="admin", password=ADMIN_PASSWORD) as client,
    ):
        log = await client.follow_new(BODY, key="one")
        said = server.stdout + server.stderr
    return log, said


def asked_for_text(received: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in received if one["path"] == "/v1/messages"]


async def test_a_key_and_an_address_are_all_it_takes(tmp_path: Path) -> None:
    async with wire_process("anthropic", ANSWERS) as wire:
        log, said = await run_on(wire.url, tmp_path)
        asked = asked_for_text(await wire.received())
        left = await wire.connections()

    end = log.events[-1]
    assert (end["type"], end["success"]) == ("complete", True), end
    usages = [event for event in log.events if event["type"] == "usage"]
    assert [
        (one["model"], one["input_tokens"], one["output_tokens"], one["cached_tokens"], one["estimated"])
        for one in usages[-2:]
    ] == [("claude-sonnet-5-5", 340, 9, 0, False), ("claude-sonnet-5-5", 390, 150, 300, False)]
    assert [one["cost_usd"] for one in usages] == [0, *COSTS]
    assert {(one["price"]["source"], one["price"]["date"]) for one in usages} == {(PRICES["source"], PRICES["date"])}
    assert end["metadata"]["usage"]["cost_usd"] == pytest.approx(sum(COSTS), abs=1e-12)
    assert end["metadata"]["prices"] == [{"source": PRICES["source"], "date": PRICES["date"]}]
    assert [(one["stage"], one["tries"], one["failures"]) for one in end["metadata"]["calls"]] == [
        ("generator", 2, ["provider_overloaded"]),
        ("retry", 1, []),
    ]
    assert any("overloaded" in event["message"] for event in log.events if event["type"] == "progress")
    assert len(asked) == 3
    assert left == 0
    assert KEY not in said + json.dumps(log.events)
    assert AMBIENT not in said + json.dumps(log.events)


async def test_the_api_is_sent_what_it_needs_and_no_more(tmp_path: Path) -> None:
    async with wire_process("anthropic", ANSWERS) as wire:
        await run_on(wire.url, tmp_path)
        _, first, second = asked_for_text(await wire.received())

    body = first["body"]
    assert sorted(body) == ["max_tokens", "messages", "model", "stream", "system"]
    assert (body["model"], body["stream"]) == ("claude-sonnet-5-5", True)
    [system], [turn] = body["system"], body["messages"]
    assert (system["type"], system["cache_control"]) == ("text", {"type": "ephemeral"})
    assert turn["role"] == "user"
    assert turn["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "Oak desk lamp" in turn["content"][0]["text"]
    assert "Oak desk lamp" not in system["text"]
    again = second["body"]
    assert (again["system"], again["messages"][0]) == (body["system"], body["messages"][0])
    assert [one["role"] for one in again["messages"]] == ["user", "assistant", "user"]
    assert [block for one in again["messages"][1:] for block in one["content"] if "cache_control" in block] == []
    headers = {name: value for name, value in first["headers"].items() if not name.startswith("x-stainless-")}
    assert headers.pop("authorization", f"Bearer {KEY}") == f"Bearer {KEY}"
    assert headers.pop("x-api-key", KEY) == KEY
    assert AMBIENT not in str(headers)
    assert sorted(headers) == [
        *("accept", "accept-encoding", "anthropic-version", "connection"),
        *("content-length", "content-type", "host", "user-agent"),
    ]


FAILURES = (
    Answer(status=401, kind="authentication_error", message=f"invalid x-api-key: {KEY}", headers={"request-id": KEY}),
    Answer(then="error", at=4, kind="invalid_request_error", message=f"{KEY} at https://models.example"),
    Answer(status=529, retry_after="0", message=KEY),
    Answer(then="bad_json", at=5),
    Answer(text=WHOLE),
)


async def test_no_answer_no_log_and_no_file_holds_a_key(tmp_path: Path) -> None:
    """S35: two runs that fail and one that succeeds on its third try, with everything logged that there is to log."""
    async with (
        wire_process("anthropic", FAILURES) as wire,
        GalleyProcess(data=tmp_path, env=environment(wire.url) | {"GALLEY_LOG_LEVEL": "debug"}) as server,
        connect(server.url, user="admin", password=ADMIN_PASSWORD) as client,
    ):
        ends = []
        shown = []
        for name in ("one", "two", "three"):
            log = await client.follow_new(BODY, key=name)
            ends.append(log.events[-1].get("code", log.events[-1]["type"]))
            shown += [frame.data for frame in log.frames]
            shown += [(await client.call("GET", f"/runs/{log.run_id}")).text]
        for path in ("/models", "/runs", "/openapi.json", "/health/ready", "/prompts", "/nothing"):
            answer = await client.call("GET", path)
            shown += [answer.text, str(answer.headers)]
        await server.terminate()
        shown += [server.stdout, server.stderr]
        kept = [file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()]

    assert ends == ["provider_refused", "provider_refused", "complete"]
    for text in (*shown, *kept):
        assert KEY not in text
        assert AMBIENT not in text
        assert wire.url not in text
        assert "models.example" not in text
