"""/ai-sdk: what its clients post becomes a run, and a chat finds its newest run again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import msgspec
import pytest

from domain.errors import InvalidRequestError
from domain.run.model import RunQuery, StoredRun
from entrypoints.http.feed import Control
from entrypoints.http.protocols.ai_sdk_body import AiSdkBody, read_said
from entrypoints.http.protocols.ai_sdk_chat import REPLAY
from entrypoints.http.protocols.ai_sdk_encoder import MessageEncoder
from entrypoints.services import new_run_id
from tests.entrypoints.arrangement import GENERATING, House, delta, open_house, open_stream
from tests.entrypoints.protocols.ui_message import UiMessage
from tests.examples import EVENTS, make_records

Headers = dict[str, str]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house(default_prompt="note") as made:
        yield made


def say(text: str = "tea", message: str = "m1", chat: str = "chat-1", **more: Any) -> dict[str, Any]:
    """What useChat posts with its first message."""
    said = {"id": message, "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat, "messages": [said], "trigger": "submit-message", **more}


def answered(body: dict[str, Any], answer: str) -> dict[str, Any]:
    """The same with the answer that the client has by now."""
    return body | {
        "messages": [*body["messages"], {"id": answer, "role": "assistant", "parts": [{"type": "step-start"}]}]
    }


async def post(house: House, headers: Headers, body: Any, **more: str) -> StoredRun:
    """Post it and leave; return the run that it is."""
    async with open_stream(house, "/ai-sdk", headers | more, body) as stream:
        assert stream.status == 200, await stream.read()
        return (await house.store.runs.get(stream.headers["X-Run-Id"]))[0]


async def refuse(house: House, headers: Headers, body: Any, **more: str) -> tuple[int, str, list[str]]:
    """Post what can't be taken; a stream, which would have no end, is a failure."""
    async with asyncio.timeout(30):
        answer = await house.ask("POST", "/ai-sdk", headers | more, body)
    told = await answer.get_json()
    assert await count(house) == 0
    return answer.status_code, told["code"], [fault["pointer"] for fault in told.get("errors", ())]


async def count(house: House) -> int:
    return len((await house.store.runs.list(RunQuery(limit=100))).runs)


async def resume(house: House, headers: Headers, chat: str = "chat-1") -> tuple[int, str | None]:
    """Go on with a chat; return the status and the run."""
    async with open_stream(house, f"/ai-sdk/{chat}/stream", headers) as stream:
        assert stream.status is not None
        return stream.status, stream.headers.get("X-Run-Id")


async def test_a_prompt_of_usecompletion_is_a_run_of_the_default_prompt_set(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ai-sdk", ann, {"prompt": "tea"}) as stream:
        run_id = stream.headers["X-Run-Id"]
        await house.complete(run_id, GENERATING, delta("Te"))
        message = UiMessage.read(await stream.read())

    assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert (message.id, message.completion, message.is_done) == (run_id, "Tea.\n", True)
    request = (await house.store.runs.get(run_id))[0].spec.request
    assert (request.prompt, dict(request.inputs), request.tags) == ("note", {"topic": "tea", "tone": "plain"}, ())


USER: dict[str, Any] = {"id": "m2", "role": "user"}
PARTS = [
    {"type": "step-start"},
    {"type": "text", "text": "green"},
    {"type": "data-x", "data": 1},
    {"type": "text", "text": "tea"},
]
HISTORY = [
    {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "coffee"}]},
    {"id": "a1", "role": "assistant", "metadata": {"x": 1}, "parts": [{"type": "text", "text": "Coffee."}]},
]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"messages": [{**USER, "parts": PARTS}]}, "green\ntea"),
        ({"messages": [*HISTORY, {**USER, "parts": PARTS}]}, "green\ntea"),
        ({"messages": HISTORY}, "coffee"),
        ({"messages": [{**USER, "content": "tea"}]}, "tea"),
        ({"messages": [{**USER, "content": "", "parts": PARTS}]}, "green\ntea"),
        ({"messages": [{**USER, "content": PARTS}]}, "green\ntea"),
        ({"message": {**USER, "parts": PARTS}}, "green\ntea"),
        ({"prompt": "tea", "user": {"anything": 1}}, "tea"),
    ],
)
async def test_the_last_user_message_fills_the_main_input(house: House, ann: Headers, body: Any, text: str) -> None:
    run = await post(house, ann, {"id": "chat-1", **body})

    assert run.spec.request.inputs["topic"] == text


async def test_run_holds_the_fields_of_a_runs_request(house: House, ann: Headers) -> None:
    run_id = new_run_id()
    fields = {
        "prompt": "note@1",
        "inputs": {"tone": "warm"},
        "limits": {"attempts": 2},
        "tags": ["mine"],
        "run_id": run_id,
    }

    run = await post(house, ann, say(run=fields), traceparent=f"00-{'1' * 32}-{'2' * 16}-01")

    assert (run.id, run.spec.request.prompt, run.spec.limits.attempts) == (run_id, "note@1", 2)
    assert dict(run.spec.request.inputs) == {"topic": "tea", "tone": "warm"}
    assert (run.spec.request.tags[0], run.spec.trace_id) == ("mine", "1" * 32)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/messages"),
        ({"id": "chat-1", "messages": []}, "/messages"),
        ({"messages": HISTORY[1:]}, "/messages"),
        ({"message": HISTORY[1]}, "/message"),
        ({"messages": HISTORY, "prompt": "tea"}, "/messages"),
        ({"messages": HISTORY, "message": HISTORY[0]}, "/message"),
        ({"prompt": ""}, "/prompt"),
        ({"prompt": " \n"}, "/prompt"),
        ({"prompt": "x" * 201}, "/prompt"),
        ({"prompt": 7}, "/prompt"),
        ({"messages": [{**USER, "parts": []}]}, "/messages/0/parts"),
        ({"messages": [*HISTORY, {**USER, "parts": [{"type": "text", "text": "x" * 201}]}]}, "/messages/2/parts"),
        ({"messages": [{**USER, "parts": [*PARTS, {"type": "file", "url": "data:,x"}]}]}, "/messages/0/parts/4"),
        ({"messages": [{**USER, "content": "x" * 201}]}, "/messages/0/content"),
        ({"messages": [{**USER, "content": [{"type": "text", "text": ""}]}]}, "/messages/0/content"),
        ({"message": {**USER, "parts": []}}, "/message/parts"),
        ({"messages": [{"parts": PARTS}]}, "/messages/0/role"),
        ({"messages": [{**USER, "parts": [{"text": "tea"}]}]}, "/messages/0/parts/0/type"),
        ({"messages": "tea"}, "/messages"),
        (say(id=""), "/id"),
        (say(id=7), "/id"),
        (say(trigger="resume-stream"), "/trigger"),
        (say(run=[]), "/run"),
        (say(run={"modell": "x"}), "/run/modell"),
        (say(run={"limits": {"tokens": 1}}), "/run/limits/tokens"),
        (say(run={"limits": {"attempts": 99}}), "/run/limits/attempts"),
        (say(run={"text": "tea"}), "/run/text"),
        (say(run={"prompt": "gone"}), "/run/prompt"),
        (say(run={"inputs": {"topic": "coffee"}}), "/messages/0/parts"),
        (say(run={"inputs": {"colour": "red"}}), "/run/inputs/colour"),
        (say(run={"inputs": {"tone": 7}}), "/run/inputs/tone"),
        (say(run={"checks": [{"check": "none"}]}), "/run/checks/0/check"),
        (say(run={"run_id": "mine"}), "/run/run_id"),
        ([], ""),
    ],
)
async def test_a_wrong_body_is_refused_and_told_where(house: House, ann: Headers, body: Any, pointer: str) -> None:
    assert await refuse(house, ann, body) == (
        422,
        "prompt_not_found" if pointer == "/run/prompt" else "invalid_request",
        [pointer],
    )


def test_a_text_has_an_end_whatever_the_prompt_set_allows() -> None:
    assert len(read_said(AiSdkBody(prompt="x" * 200_000)).text) == 200_000
    with pytest.raises(InvalidRequestError) as caught:
        read_said(AiSdkBody(prompt="x" * 200_001))

    assert [fault.pointer for fault in caught.value.faults] == ["/prompt"]


async def test_without_a_token_there_is_neither_a_run_nor_a_chat(house: House) -> None:
    assert (await house.ask("POST", "/ai-sdk", {}, say())).status_code == 401
    assert (await house.ask("GET", "/ai-sdk/chat-1/stream", {})).status_code == 401


async def test_the_same_message_posted_again_is_the_same_run(house: House, ann: Headers) -> None:
    first = await post(house, ann, say())
    assert (await post(house, ann, say())).id == first.id
    await house.complete(first.id)

    assert (await post(house, ann, answered(say(), first.id))).id == first.id
    # What `sendMessage()` without a message posts, and `sendAutomaticallyWhen`.
    assert (await post(house, ann, answered(say(messageId=first.id), first.id))).id == first.id
    assert await count(house) == 1


async def test_the_same_message_posted_again_streams_the_whole_message(house: House, ann: Headers) -> None:
    run = await post(house, ann, say())
    lease = await house.claim(run.id)
    await house.write(lease, GENERATING, delta("Te"))
    async with open_stream(house, "/ai-sdk", ann, say()) as stream:
        begun = UiMessage.read(await stream.read())
        await house.complete_with(lease)
        ended = UiMessage.read(await stream.read())

    assert (begun.id, begun.draft, begun.text) == (run.id, "Te", "")
    assert (ended.id, ended.draft, ended.text) == (run.id, "", "Tea.\n")


@pytest.mark.parametrize(
    "other",
    [
        say(message="m2"),
        say(chat="chat-2"),
        say(text="green tea"),
        say(text="green tea", messageId="m1"),
        say(run={"inputs": {"tone": "warm"}}),
        say(trigger="regenerate-message"),
    ],
)
async def test_another_message_an_edit_and_another_wish_are_other_runs(house: House, ann: Headers, other: Any) -> None:
    first = await post(house, ann, say())
    second = await post(house, ann, other)

    assert second.id != first.id
    assert (await post(house, ann, other)).id == second.id


async def test_a_text_that_is_edited_and_edited_back_is_written_anew(house: House, ann: Headers) -> None:
    texts = [say(), say(text="coffee", messageId="m1"), say(messageId="m1")]

    assert len({(await post(house, ann, body)).id for body in texts}) == 3


async def test_two_users_with_one_chat_and_one_message_have_two_runs(house: House, ann: Headers, bob: Headers) -> None:
    assert (await post(house, ann, say())).id != (await post(house, bob, say())).id


async def test_a_completion_and_a_message_without_an_id_are_the_same_only_by_a_key(house: House, ann: Headers) -> None:
    nameless = {"id": "chat-1", "messages": [{"role": "user", "content": "tea"}]}
    for body in ({"prompt": "tea"}, nameless):
        assert (await post(house, ann, body)).id != (await post(house, ann, body)).id
        key = {"Idempotency-Key": f"key-{len(body)}"}
        assert (await post(house, ann, body, **key)).id == (await post(house, ann, body, **key)).id
    answer = await house.ask("POST", "/ai-sdk", {**ann, "Idempotency-Key": "key-1"}, {"prompt": "coffee"})
    assert (answer.status_code, (await answer.get_json())["code"]) == (422, "idempotency_conflict")


async def test_a_key_of_the_clients_own_stands_before_the_one_of_its_message(house: House, ann: Headers) -> None:
    run = await post(house, ann, say(), **{"Idempotency-Key": "mine"})
    other = await house.ask("POST", "/ai-sdk", ann | {"Idempotency-Key": "mine"}, say(text="coffee"))

    assert (await post(house, ann, say())).id != run.id
    assert (other.status_code, (await other.get_json())["code"]) == (422, "idempotency_conflict")


async def test_regenerating_a_named_message_is_one_run_however_often_it_is_posted(house: House, ann: Headers) -> None:
    first = await post(house, ann, say())
    await house.complete(first.id)
    again = say(trigger="regenerate-message", messageId=first.id)

    second = await post(house, ann, again)
    await house.complete(second.id)
    repeated = await post(house, ann, again)
    third = await post(house, ann, say(trigger="regenerate-message", messageId=second.id))

    assert (repeated.id, len({first.id, second.id, third.id})) == (second.id, 3)


@pytest.mark.parametrize("named", [{}, {"messageId": "m1"}])
async def test_regenerating_the_newest_message_is_repeated_only_while_its_run_is_live(
    house: House, ann: Headers, named: Any
) -> None:
    again = say(trigger="regenerate-message", **named)
    first = await post(house, ann, say())
    second = await post(house, ann, again)
    assert (await post(house, ann, again)).id == second.id
    await house.complete(second.id)
    third = await post(house, ann, again)
    assert (await post(house, ann, again)).id == third.id

    assert len({first.id, second.id, third.id}) == await count(house) == 3


async def test_regenerating_in_a_chat_of_which_nothing_is_kept_starts_one_run(house: House, ann: Headers) -> None:
    again = say(trigger="regenerate-message")

    assert (await post(house, ann, again)).id == (await post(house, ann, again)).id


async def test_a_live_chat_is_replayed_whole_and_followed(house: House, ann: Headers) -> None:
    run = await post(house, ann, say())
    lease = await house.claim(run.id)
    await house.write(lease, GENERATING, delta("Te"))
    async with open_stream(house, "/ai-sdk/chat-1/stream", ann) as stream:
        begun = UiMessage.read(await stream.read())
        await house.complete_with(lease)
        ended = UiMessage.read(await stream.read())

    assert stream.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert (begun.id, begun.draft, len(begun.data("progress"))) == (run.id, "Te", 1)
    assert (ended.text, ended.is_done) == ("Tea.\n", True)


async def test_a_chat_goes_on_with_its_newest_run(house: House, ann: Headers) -> None:
    first = await post(house, ann, say())
    await post(house, ann, say(chat="chat-2"))
    second = await post(house, ann, say(message="m2"))

    assert await resume(house, ann) == (200, second.id)
    await house.complete(second.id)
    assert await resume(house, ann) == (200, second.id)
    assert first.id != second.id


async def test_a_run_that_has_ended_is_replayed_for_those_who_were_cut_off_just_before(
    house: House, ann: Headers
) -> None:
    run = await post(house, ann, say())
    await house.complete(run.id)
    await house.clock.advance(REPLAY.total_seconds() - 1)
    assert await resume(house, ann) == (200, run.id)
    await house.clock.advance(1)

    assert await resume(house, ann) == (204, None)


async def test_nobody_else_finds_a_chat_not_even_an_admin(
    house: House, ann: Headers, bob: Headers, admin: Headers
) -> None:
    run = await post(house, ann, say())
    for headers in (bob, admin):
        assert await resume(house, headers) == (204, None)
    # Knowing the tag is of no use either: it is the owner's.
    await house.begin(bob, tags=list(run.spec.request.tags))

    assert await resume(house, bob) == (204, None)
    assert await resume(house, ann) == (200, run.id)


async def test_a_chat_that_nobody_began_has_nothing(house: House, ann: Headers) -> None:
    await post(house, ann, {"prompt": "chat-1"})

    assert await resume(house, ann) == (204, None)


@pytest.mark.parametrize("chat", ["a%2Fb", "a%20b%C3%A9", "%3Fx%23", "stream", "x" * 500])
async def test_a_chats_id_may_be_any_text(house: House, ann: Headers, chat: str) -> None:
    run = await post(house, ann, say(chat=unquote(chat)))

    assert await resume(house, ann, chat) == (200, run.id)


async def test_a_chat_is_found_behind_any_number_of_runs_that_only_mention_it(house: House, ann: Headers) -> None:
    run = await post(house, ann, say())
    (tag,) = run.spec.request.tags
    for _ in range(45):
        await house.begin(ann, inputs={"topic": f"What is {tag}?"})

    assert await resume(house, ann) == (200, run.id)


async def test_a_rerun_is_not_of_the_chat(house: House, ann: Headers) -> None:
    run = await post(house, ann, say())
    await house.ask("POST", f"/runs/{run.id}/rerun", ann)

    assert await resume(house, ann) == (200, run.id)


@pytest.mark.parametrize("body", [say(), {"prompt": "tea"}])
async def test_a_last_event_id_of_no_known_run_never_starts_one(house: House, ann: Headers, body: Any) -> None:
    unknown = {"Last-Event-ID": f"{new_run_id()}:1-2"}

    assert await refuse(house, ann, body, **unknown) == (409, "unknown_run", [])
    assert await refuse(house, ann, body, **{"Last-Event-ID": "7"}) == (400, "invalid_cursor", [])


async def test_a_last_event_id_of_a_known_run_goes_on_with_it_from_the_beginning(
    house: House, ann: Headers, bob: Headers
) -> None:
    run = await post(house, ann, say())
    known = {"Last-Event-ID": f"{run.id}:0-1"}

    assert (await post(house, ann, say(message="m2"), **known)).id == run.id
    assert (await house.ask("POST", "/ai-sdk", bob | known, say())).status_code == 409
    assert await count(house) == 1


async def test_a_drain_is_told_and_the_message_is_not_ended(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ai-sdk", ann, say()) as stream:
        house.drain.set()
        message = UiMessage.read(await stream.read())

    assert (message.notices, message.is_done) == ([{"name": "draining"}], False)


async def test_a_token_that_ends_is_told_before_and_the_message_is_not_ended(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ai-sdk", ann, say()) as stream:
        await house.clock.advance(880)
        message = UiMessage.read(await stream.read())

    assert (message.notices, message.is_done) == ([{"name": "auth_expiring", "seconds": 30.0}], False)


async def test_silence_is_kept_alive_by_comments(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ai-sdk", ann, say()) as stream:
        before = await stream.read()
        await house.clock.advance(15)
        after = await stream.read()

    assert after.removeprefix(before) == b": ka\n"


async def test_the_first_frame_says_how_soon_to_come_again(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ai-sdk", ann, say()) as stream:
        data = await stream.read()

    assert data.startswith(b'retry: 1000\ndata: {"type":"start",')


async def test_every_chunk_is_one_that_the_description_knows(house: House) -> None:
    described = await (await house.ask("GET", "/openapi.json", {})).get_json()
    content = described["paths"]["/ai-sdk"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    last, parsed = content["schema"]["properties"]["data"]["anyOf"]
    schema = parsed["contentSchema"] | {"components": described["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    known = set(parsed["contentSchema"]["discriminator"]["mapping"])

    for end in EVENTS[-3:]:
        items = [*make_records([*EVENTS[:8], end]), Control("draining")]
        *frames, done, _ = MessageEncoder().encode(items).decode().split("\n\n")
        chunks = [msgspec.json.decode(frame.removeprefix("data: ")) for frame in frames]
        assert [error.message for chunk in chunks for error in validator.iter_errors(chunk)] == []
        assert done.removeprefix("data: ") == last["const"]
        known -= {chunk["type"] for chunk in chunks}
    assert known == set()
