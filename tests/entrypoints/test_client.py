"""The client against a server on a socket that cuts, drains, resets and refuses."""

from contextlib import aclosing
from datetime import UTC, datetime

import httpx
import pytest

from domain.run.model import Record
from entrypoints.client import FAILURES_IN_A_ROW, RunClient
from entrypoints.client_login import ClientError, ClientLogin
from tests.entrypoints.following import BODY, RUN, control, follow, frame, refused
from tests.entrypoints.scripted_server import json_answer, scripted_server, stream_answer


async def test_a_run_is_posted_and_followed_to_its_terminal_record() -> None:
    answer = stream_answer(frame(1, "run"), b": ka\n", frame(2, "complete", success=True, output="Tea."))

    async with scripted_server([answer]) as server:
        following = await follow(server)

    assert following.seen == ["1 run", "2 complete"]
    assert following.items[1] == Record(
        run_id=RUN,
        epoch=0,
        seq=2,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        type="complete",
        data=frame(2, "complete", success=True, output="Tea.").split(b"data: ")[1].strip(),
    )
    (request,) = server.seen
    assert request.line == "POST /run/stream HTTP/1.1"
    assert request.body == BODY
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["idempotency-key"] == "k1"
    assert "last-event-id" not in request.headers


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_end_before_the_terminal_record_is_never_taken_for_success(is_cut: bool) -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), b"id: x\nevent: progress\ndata: {half", is_cut=is_cut),
        stream_answer(frame(3), frame(4, "complete")),
    ]

    async with scripted_server(answers) as server:
        following = await follow(server)

    assert following.seen == ["1 run", "2 progress", "3 progress", "4 complete"]
    assert server.seen[1].headers["last-event-id"] == f"{RUN}:1-2"
    assert server.seen[1].headers["idempotency-key"] == "k1"
    assert following.pauses == [1.0]


async def test_records_that_come_again_are_dropped_and_a_hole_is_asked_for_again() -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), frame(4)),
        stream_answer(frame(2), frame(3), frame(4), frame(5, "cancelled")),
    ]

    async with scripted_server(answers) as server:
        following = await follow(server)

    assert following.seen == ["1 run", "2 progress", "3 progress", "4 progress", "5 cancelled"]


async def test_a_draining_server_is_left_at_once_and_asked_again() -> None:
    answers = [stream_answer(frame(1, "run"), control("draining"), frame(2)), stream_answer(frame(2, "complete"))]

    async with scripted_server(answers) as server:
        following = await follow(server)

    assert following.seen == ["1 run", "2 complete"]
    assert len(server.seen) == 2


async def test_a_reset_voids_what_was_seen_and_the_run_is_read_again() -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), is_cut=True),
        stream_answer(control("reset"), frame(1, "run"), is_cut=True),
        stream_answer(frame(2, "complete")),
    ]

    async with scripted_server(answers) as server:
        following = await follow(server)

    assert following.seen == ["1 run", "2 progress", "start over", "1 run", "2 complete"]
    assert server.seen[2].headers["last-event-id"] == f"{RUN}:1-1"


async def test_a_busy_server_is_asked_again_when_it_says_so() -> None:
    busy = json_answer(503, {"detail": "The queue is full."}, Retry_After="7")

    async with scripted_server([busy, stream_answer(frame(1, "complete"))]) as server:
        following = await follow(server)

    assert following.seen == ["1 complete"]
    assert following.pauses == [7.0]


async def test_pauses_grow_up_to_a_bound_and_the_client_gives_up_saying_where_the_run_is() -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    answers = [stream_answer(frame(1, "run")), *[json_answer(502, {"detail": "Bad gateway."})] * FAILURES_IN_A_ROW]
    async with scripted_server(answers) as server, httpx.AsyncClient(base_url=server.url) as http:
        client = RunClient(http=http, login=ClientLogin(http=http, token="t"), sleep=pause, chance=lambda: 0.0)
        with pytest.raises(ClientError) as caught:
            async with aclosing(client.follow(BODY, key="k1")) as items:
                async for _ in items:
                    pass

    assert caught.value.message == (
        f"Given up after 9 tries in a row: Bad gateway. The run {RUN} goes on at the server."
    )
    assert pauses == [0.5, 1.0, 2.0, 4.0, 7.5, 7.5, 7.5, 7.5]


async def test_every_record_that_comes_makes_the_pauses_short_again() -> None:
    answers = [stream_answer(frame(seq), is_cut=True) for seq in (1, 2, 3)]

    async with scripted_server([*answers, stream_answer(frame(4, "complete"))]) as server:
        following = await follow(server)

    assert following.pauses == [1.0, 1.0, 1.0]


async def test_a_refused_request_is_an_error_with_its_faults() -> None:
    problem = {
        "detail": "The request can't be accepted.",
        "errors": [{"pointer": "/inputs/topic", "detail": "is missing"}],
    }

    async with scripted_server([json_answer(422, problem)]) as server:
        assert await refused(server) == "The request can't be accepted. inputs/topic: is missing"
    assert len(server.seen) == 1


async def test_an_answer_that_is_no_event_stream_is_an_error() -> None:
    async with scripted_server([json_answer(200, {})]) as server:
        assert await refused(server) == f"{server.url} does not answer as a Galley server does."


async def test_no_content_is_not_success_either() -> None:
    async with scripted_server([b"HTTP/1.1 204 No Content\r\n\r\n"]) as server:
        assert await refused(server) == "The server answered 204 No Content."


async def test_nothing_at_the_address_is_said_at_once() -> None:
    async with scripted_server([]) as server:
        pass

    assert await refused(server) == f"Nothing answers at {server.url}; is the server running?"


async def test_a_cancel_names_the_run_that_is_followed() -> None:
    answers = [stream_answer(frame(1, "run"), is_cut=True), json_answer(202, {}), stream_answer(frame(2, "cancelled"))]

    async with scripted_server(answers) as server, httpx.AsyncClient(base_url=server.url) as http:

        async def cancel_instead_of_waiting(_seconds: float) -> None:
            await client.cancel()

        client = RunClient(http=http, login=ClientLogin(http=http, token="t"), sleep=cancel_instead_of_waiting)
        async with aclosing(client.follow(BODY, key="k1")) as items:
            seen = [item.type async for item in items if isinstance(item, Record)]

    assert seen == ["run", "cancelled"]
    (request,) = server.find(f"/runs/{RUN}/cancel")
    assert request.headers["authorization"] == "Bearer t"


async def test_the_schema_of_the_inputs_comes_from_the_server() -> None:
    schema = {"type": "object", "properties": {"topic": {"type": "string"}}}

    answer = json_answer(200, {"name": "blog-post", "inputs": schema, "samples": [{"topic": "tea"}]})

    async with scripted_server([answer]) as server, httpx.AsyncClient(base_url=server.url) as http:
        client = RunClient(http=http, login=ClientLogin(http=http, token="t"))
        assert await client.find_inputs("a/b@3") == (schema, ({"topic": "tea"},))

    assert server.seen[0].line == "GET /prompts/a%2Fb@3 HTTP/1.1"
    assert server.seen[0].headers["authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (json_answer(404, {"detail": "There is no prompt set of that name."}), "There is no prompt set of that name."),
        (json_answer(200, []), "{url} does not answer as a Galley server does."),
        (b"", "{url} can't be reached: Server disconnected without sending a response."),
    ],
)
async def test_a_schema_that_does_not_come_is_an_error(answer: bytes, message: str) -> None:
    async with scripted_server([answer]) as server, httpx.AsyncClient(base_url=server.url) as http:
        client = RunClient(http=http, login=ClientLogin(http=http, token="t"))
        with pytest.raises(ClientError) as caught:
            await client.find_inputs("blog-post")

    assert caught.value.message == message.format(url=server.url)
