"""What may be posted to /ag-ui, and what is answered to everything else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.content.prompt_set import encode_prompt_set
from domain.run.model import RunRequest
from tests.entrypoints.arrangement import NOTE, House, open_house, open_stream

Headers = dict[str, str]
NUMBERS = {
    **NOTE,
    "name": "numbers",
    "inputs": {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}},
    "prompts": {"generator": {"user": "Count to {{ count }}."}},
}


def say(content: Any, role: Any = "user") -> dict[str, Any]:
    return {"id": f"{role}-1", "role": role, "content": content}


def post(*messages: Any, **fields: Any) -> dict[str, Any]:
    """Return an input of the prompt set `note` unless it says otherwise."""
    body = {"threadId": "t", "runId": str(uuid4()), "messages": messages, "forwardedProps": {"prompt": "note"}}
    return body | fields


async def request_of(house: House, headers: Headers, body: dict[str, Any]) -> RunRequest:
    """Post an input and return the request of the run that came of it."""
    async with open_stream(house, "/ag-ui", headers, body) as stream:
        assert stream.status == 200, stream.data
        return (await house.store.runs.get(stream.headers["X-Run-Id"]))[0].spec.request


async def test_the_last_message_of_a_user_is_the_main_input(house: House, ann: Headers) -> None:
    thread = [say("coffee"), say("Coffee.", "assistant"), say("tea"), say("Wait.", "assistant")]

    assert (await request_of(house, ann, post(*thread))).inputs["topic"] == "tea"


async def test_parts_of_text_are_one_text(house: House, ann: Headers) -> None:
    parts = [{"type": "text", "text": "green"}, {"type": "text", "text": "tea"}]

    assert (await request_of(house, ann, post(say(parts)))).inputs["topic"] == "green\ntea"


async def test_forwarded_props_hold_the_fields_of_a_run(house: House, ann: Headers) -> None:
    props = {
        "prompt": "note@1",
        "inputs": {"tone": "warm"},
        "model": "scripted",
        "limits": {"attempts": 2},
        "on_disconnect": "cancel",
        "tags": ["tea"],
    }
    body = post(say("tea"), forwardedProps=props)

    asked = await request_of(house, ann, body)

    assert asked == RunRequest(
        prompt="note@1",
        inputs={"topic": "tea", "tone": "warm"},
        model="scripted",
        limits={"attempts": 2},
        on_disconnect="cancel",
        tags=("tea",),
        run_id=body["runId"],
    )


@pytest.mark.parametrize("props", [{}, None, ...])
async def test_without_a_prompt_set_the_default_one_is_meant(props: Any) -> None:
    async with open_house(default_prompt="note") as house:
        body = post(say("tea"), forwardedProps=props)
        if props is ...:
            del body["forwardedProps"]
        asked = await request_of(house, await house.log_in("ann"), body)

    assert (asked.prompt, asked.inputs["topic"]) == ("note", "tea")


async def test_inputs_alone_need_no_message(house: House, ann: Headers) -> None:
    body = post(forwardedProps={"prompt": "note", "inputs": {"topic": "tea"}})

    assert (await request_of(house, ann, body)).inputs["topic"] == "tea"


async def test_what_the_client_sends_besides_is_taken_as_it_is(house: House, ann: Headers) -> None:
    body = post(
        say("Yes?", "narrator"),
        {**say("tea"), "name": "Ann", "metadata": {"a": 1}},
        protocolVersion="1.0",
        parentRunId="before",
        state={"progress": 100},
        tools=[{"name": "search", "description": "", "parameters": {}}],
        context=[{"description": "page", "value": "3"}],
        somethingNewer=True,
    )

    assert (await request_of(house, ann, body)).inputs["topic"] == "tea"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/threadId"),
        ({"threadId": "t"}, "/runId"),
        ({"threadId": "t", "runId": "r"}, "/messages"),
        (post(say("tea"), threadId=""), "/threadId"),
        (post(say("tea"), threadId=7), "/threadId"),
        (post(say("tea"), runId=""), "/runId"),
        (post(say("tea"), runId="x" * 1001), "/runId"),
        (post(say("tea"), messages={}), "/messages"),
        (post(), "/messages"),
        (post(say("Tea.", "assistant")), "/messages"),
        (post("tea"), "/messages/0"),
        (post({"role": "user", "content": "tea"}), "/messages/0/id"),
        (post({"id": "1", "content": "tea"}), "/messages/0/role"),
        (post(say("tea", 7)), "/messages/0/role"),
        (post(say("tea", "User")), "/messages"),
        (post(say(7)), "/messages/0/content"),
        (post(say(None)), "/messages/0/content"),
        (post(say("")), "/messages/0/content"),
        (post(say([])), "/messages/0/content"),
        (post(say({"text": "tea"})), "/messages/0/content"),
        (post(say("tea"), say([{"type": "text", "text": "tea"}, {"type": "image"}])), "/messages/1/content/1"),
        (post(say([{"type": "text"}])), "/messages/0/content/0"),
        (post(say("coffee"), say("x" * 201)), "/messages/1/content"),
        (post(say("tea"), forwardedProps=[]), "/forwardedProps"),
        (post(say("tea"), forwardedProps={"owner": "bob"}), "/forwardedProps/owner"),
        (post(say("tea"), forwardedProps={"prompt": "note", "text": "tea"}), "/forwardedProps/text"),
        (post(say("tea"), forwardedProps={"prompt": "note", "run_id": str(uuid4())}), "/forwardedProps/run_id"),
        (post(say("tea"), forwardedProps={"prompt": "gone"}), "/forwardedProps/prompt"),
        (post(say("tea"), forwardedProps={}), "/forwardedProps/prompt"),
        (
            post(say("tea"), forwardedProps={"prompt": "note", "limits": {"attempts": 99}}),
            "/forwardedProps/limits/attempts",
        ),
        (post(say("tea"), forwardedProps={"prompt": "note", "inputs": {"tone": 3}}), "/forwardedProps/inputs/tone"),
        (post(say("tea"), forwardedProps={"prompt": "note", "inputs": {"topic": "tea"}}), "/messages/0/content"),
        (post(forwardedProps={"prompt": "note", "inputs": {"tone": "warm"}}), "/forwardedProps/inputs/topic"),
        (post(say("three"), forwardedProps={"prompt": "numbers"}), "/messages/0/content"),
        (post(say("tea"), tools="all"), "/tools"),
        (post(say("tea"), context=[1]), "/context/0"),
        (post(say("tea"), protocolVersion=1), "/protocolVersion"),
    ],
)
async def test_a_wrong_input_is_a_problem_that_points_into_it(
    house: House, ann: Headers, body: dict[str, Any], pointer: str
) -> None:
    await house.store.prompts.publish("numbers", content=encode_prompt_set(NUMBERS), source="", author="tests")

    # As a stream: an input that is taken after all must fail the test and not hang it.
    async with open_stream(house, "/ag-ui", ann, body) as stream:
        assert (stream.status, stream.headers["Content-Type"]) == (422, "application/problem+json")
        told = msgspec.json.decode(stream.data)

    assert [fault["pointer"] for fault in told["errors"]] == [pointer]
    assert (await (await house.ask("GET", "/runs", ann)).get_json())["runs"] == []


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"threadId": "a", "threadId": "b"}', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * (1024 * 1024 + 1), "application/json", 413),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    house: House, ann: Headers, data: bytes, content_type: str, status: int
) -> None:
    headers = {**ann, "Content-Type": content_type}

    answer = await house.ask("POST", "/ag-ui", headers, data=data)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


async def test_only_who_is_logged_in_may_post(house: House) -> None:
    assert (await house.ask("POST", "/ag-ui", {}, post(say("tea")))).status_code == 401
