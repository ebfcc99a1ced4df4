"""Both clients against a server on a socket that cuts, drains, resets and refuses."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from galley_client import (
    AsyncGalley,
    Fault,
    Galley,
    ProblemError,
    ProtocolError,
    RunCancelledError,
    RunCompleted,
    RunFailedError,
    UnreachableError,
)
from tests.clients_python.frames import BODY, RUN, TOKENS, Kind, control, frame, make_data, paths, tell
from tests.clients_python.scripted_server import Held, json_answer, scripted_server, stream_answer

pytestmark = pytest.mark.parametrize("kind", ["sync", "async"])
ANN = {"username": "ann", "password": "hunter2-hunter2"}


async def test_a_run_is_posted_and_followed_to_its_end(kind: Kind) -> None:
    answer = stream_answer(frame(1, "run"), b": ka\n", frame(2, "complete"))

    async with scripted_server([answer]) as server:
        told = await tell(kind, server.url)

    assert told.seen == ["1 run", "2 complete"]
    assert told.events[1] == RunCompleted(
        run_id=RUN,
        seq=2,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        success=True,
        output="Tea.",
        id=f"{RUN}:1-2",
        raw=make_data(2, "complete").encode(),
    )
    (request,) = server.seen
    assert request.line == "POST /run/stream HTTP/1.1"
    assert request.body == BODY
    assert (request.headers["authorization"], request.headers["idempotency-key"]) == ("Bearer t", "k1")
    assert "last-event-id" not in request.headers


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_end_before_the_terminal_event_is_never_taken_for_success(kind: Kind, is_cut: bool) -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), b"id: x\nevent: progress\ndata: {half", is_cut=is_cut),
        stream_answer(frame(3), frame(4, "complete")),
    ]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url)

    assert told.seen == ["1 run", "2 progress", "3 progress", "4 complete"]
    assert (paths(server.seen)[1], told.pauses) == (f"/runs/{RUN}/events", 1)
    assert server.seen[1].headers["last-event-id"] == f"{RUN}:1-2"


async def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_key(kind: Kind) -> None:
    async with scripted_server([b"", b"HTTP/1.1 200", stream_answer(frame(1, "complete"))]) as server:
        told = await tell(kind, server.url)

    assert told.seen == ["1 complete"]
    assert [(request.line, request.headers["idempotency-key"], request.body) for request in server.seen] == [
        ("POST /run/stream HTTP/1.1", "k1", BODY)
    ] * 3


async def test_records_that_come_again_are_dropped_and_a_hole_is_asked_for_again(kind: Kind) -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), frame(4)),
        stream_answer(frame(2), frame(3), frame(4), frame(5, "cancelled")),
    ]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url)

    assert told.seen == ["1 run", "2 progress", "3 progress", "4 progress", "5 cancelled"]


async def test_a_draining_server_is_left_at_once_and_asked_again(kind: Kind) -> None:
    answers = [stream_answer(frame(1, "run"), control("draining"), frame(2)), stream_answer(frame(2, "complete"))]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url)

    assert (told.seen, told.pauses, len(server.seen)) == (["1 run", "2 complete"], 0, 2)


async def test_a_reset_voids_what_was_seen_and_the_run_is_read_again(kind: Kind) -> None:
    answers = [
        stream_answer(frame(1, "run"), frame(2), is_cut=True),
        stream_answer(control("reset"), frame(1, "run"), is_cut=True),
        stream_answer(frame(2, "complete")),
    ]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url)

    assert told.seen == ["1 run", "2 progress", "reset", "1 run", "2 complete"]
    assert server.seen[2].headers["last-event-id"] == f"{RUN}:1-1"


async def test_a_silent_stream_is_given_up_and_asked_for_again(kind: Kind) -> None:
    told: list[str] = []

    def wait(url: str) -> None:
        with Galley(url, token="t", heartbeat=0.05) as galley:
            told.extend(event.type for event in galley.stream(**BODY))

    answers = [Held(stream_answer(frame(1, "run"), is_cut=True)), stream_answer(frame(2, "complete"))]
    async with scripted_server(answers) as server:
        if kind == "sync":
            await asyncio.to_thread(wait, server.url)
        else:
            async with AsyncGalley(server.url, token="t", heartbeat=0.05) as galley:
                told.extend([event.type async for event in galley.stream(**BODY)])

    assert told == ["run", "complete"]


async def test_an_expiring_token_is_refreshed_and_the_stream_goes_on(kind: Kind) -> None:
    answers = [
        json_answer(200, TOKENS),
        stream_answer(frame(1, "run"), control("auth_expiring"), frame(2)),
        json_answer(200, TOKENS | {"access_token": "a2", "refresh_token": "r2"}),
        stream_answer(frame(2), frame(3, "complete")),
    ]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url, **ANN)

    assert (told.seen, told.pauses) == (["1 run", "2 progress", "3 complete"], 0)
    assert server.seen[0].body == ANN
    assert (paths(server.seen)[2], server.seen[2].body) == ("/auth/refresh", {"refresh_token": "r1"})
    assert [server.seen[n].headers["authorization"] for n in (1, 3)] == ["Bearer a1", "Bearer a2"]


async def test_an_expired_token_is_renewed_in_the_middle_of_a_run(kind: Kind) -> None:
    expired = json_answer(401, {"detail": "The token has expired."})
    answers = [
        json_answer(200, TOKENS),
        stream_answer(frame(1, "run")),
        expired,
        json_answer(401, {"detail": "The session has ended."}),
        json_answer(200, TOKENS | {"access_token": "a3"}),
        stream_answer(frame(2, "complete")),
    ]

    async with scripted_server(answers) as server:
        told = await tell(kind, server.url, **ANN)

    events = f"/runs/{RUN}/events"
    assert told.seen == ["1 run", "2 complete"]
    assert paths(server.seen[2:]) == [events, "/auth/refresh", "/auth/login", events]


async def test_a_token_that_is_refused_twice_in_a_row_ends_it(kind: Kind) -> None:
    expired = json_answer(401, {"detail": "The token has expired."})

    async with scripted_server([json_answer(200, TOKENS), expired, json_answer(200, TOKENS), expired]) as server:
        with pytest.raises(ProblemError, match="The token has expired"):
            await tell(kind, server.url, **ANN)


@pytest.mark.parametrize(
    ("answer", "kind_of_error", "message"),
    [
        (json_answer(401, {"detail": "The token has expired."}), ProblemError, "The token has expired."),
        (json_answer(200, {}), ProtocolError, "{url} does not answer as a Galley server does."),
        (b"HTTP/1.1 204 No Content\r\n\r\n", ProblemError, "The server answered 204 No Content."),
        (json_answer(502, {}), UnreachableError, "Given up after 2 tries in a row: The script has no more answers."),
    ],
)
async def test_what_is_no_stream_is_an_error(kind: Kind, answer: bytes, kind_of_error: type, message: str) -> None:
    async with scripted_server([answer]) as server:
        with pytest.raises(kind_of_error) as caught:
            await tell(kind, server.url, retries=1)

    assert str(caught.value) == message.format(url=server.url)


async def test_a_refused_request_is_an_error_with_its_faults(kind: Kind) -> None:
    faults = [{"pointer": "/inputs/topic", "detail": "is missing"}]
    refusal = {"code": "invalid_request", "detail": "The request can't be accepted.", "errors": faults}

    async with scripted_server([json_answer(422, refusal)]) as server:
        with pytest.raises(ProblemError) as caught:
            await tell(kind, server.url)

    error = caught.value
    assert str(error) == "The request can't be accepted. inputs/topic: is missing"
    assert (error.status, error.code, error.detail) == (422, "invalid_request", "The request can't be accepted.")
    assert error.errors == (Fault(pointer="/inputs/topic", detail="is missing"),)
    assert len(server.seen) == 1


async def test_nothing_at_the_address_is_said_at_once(kind: Kind) -> None:
    async with scripted_server([]) as server:
        pass

    with pytest.raises(UnreachableError) as caught:
        await tell(kind, server.url)
    assert str(caught.value) == f"Nothing answers at {server.url}; is the server running?"


@pytest.mark.parametrize(("end", "error"), [("error", RunFailedError), ("cancelled", RunCancelledError)])
async def test_a_run_that_is_waited_for_and_does_not_complete_is_an_error(
    kind: Kind, end: str, error: type[RunFailedError | RunCancelledError]
) -> None:
    def wait(url: str) -> None:
        with Galley(url, token="t") as galley:
            galley.run(**BODY)

    async with scripted_server([stream_answer(frame(1, "run"), frame(2, end))]) as server:
        with pytest.raises(error) as caught:
            if kind == "sync":
                await asyncio.to_thread(wait, server.url)
            else:
                async with AsyncGalley(server.url, token="t") as galley:
                    await galley.run(**BODY)

    assert (caught.value.run_id, caught.value.event.type) == (RUN, end)


async def test_many_requests_at_once_log_in_once(kind: Kind) -> None:
    me = {"user_id": "1", "name": "ann", "roles": [], "expires_at": "2026-01-01T00:00:00Z"}
    today = {"tokens": 0, "cost_usd": 0, "tokens_limit": None, "cost_usd_limit": None}
    answers = [json_answer(200, TOKENS), *[json_answer(200, me | {"today": today})] * 5]

    async with scripted_server(answers) as server:
        if kind == "sync":
            with Galley(server.url, **ANN) as galley:
                await asyncio.gather(*(asyncio.to_thread(galley.me) for _ in range(5)))
        else:
            async with AsyncGalley(server.url, **ANN) as one:
                await asyncio.gather(*(one.me() for _ in range(5)))

    assert sorted(paths(server.seen)) == ["/auth/login", *["/auth/me"] * 5]


async def test_a_run_is_removed(kind: Kind) -> None:
    live = json_answer(409, {"code": "run_live", "detail": "The run has not ended yet."})

    async with scripted_server([b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", live]) as server:
        if kind == "sync":
            with Galley(server.url, token="t") as galley:
                await asyncio.to_thread(galley.delete, RUN)
                with pytest.raises(ProblemError, match="has not ended"):
                    await asyncio.to_thread(galley.delete, "a/b")
        else:
            async with AsyncGalley(server.url, token="t") as one:
                await one.delete(RUN)
                with pytest.raises(ProblemError, match="has not ended"):
                    await one.delete("a/b")

    assert [request.line for request in server.seen] == [
        f"DELETE /runs/{RUN} HTTP/1.1",
        "DELETE /runs/a%2Fb HTTP/1.1",
    ]


async def test_pages_of_runs_are_asked_for_as_they_are_needed(kind: Kind) -> None:
    pages = [{"runs": [summary(1), summary(2)], "next": "c2"}, {"runs": [summary(3)], "next": None}]

    async with scripted_server([json_answer(200, page) for page in pages]) as server:
        if kind == "sync":
            with Galley(server.url, token="t") as galley:
                listed = await asyncio.to_thread(lambda: list(galley.runs(status=["complete", "error"], text="tea")))
        else:
            async with AsyncGalley(server.url, token="t") as one:
                listed = [run async for run in one.runs(status=["complete", "error"], text="tea")]

    assert [run.run_id for run in listed] == ["1", "2", "3"]
    assert paths(server.seen) == [
        "/runs?status=complete&status=error&text=tea&limit=100",
        "/runs?status=complete&status=error&text=tea&after=c2&limit=100",
    ]


def summary(number: int) -> dict[str, Any]:
    texts = dict.fromkeys(("owner", "status", "model", "output_format", "excerpt"), "")
    prompt = {"name": "faq", "version": 1, "hash": "0"}
    rest = {"success": None, "tags": [], "created_at": "2026-01-01T00:00:00Z", "finished_at": None}
    return {"run_id": str(number), "prompt": prompt, **texts, **rest}


def test_an_address_that_is_none_is_refused_at_once(kind: Kind) -> None:
    client = Galley if kind == "sync" else AsyncGalley

    with pytest.raises(ValueError, match="http://"):
        client("galley.example", token="t")
    with pytest.raises(ValueError, match="belong together"):
        client("http://galley.example", username="ann")
