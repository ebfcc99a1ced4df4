"""How the client gets a token, and what it does when that is refused."""

from tests.entrypoints.following import TOKENS, control, follow, frame, refused
from tests.entrypoints.scripted_server import json_answer, scripted_server, stream_answer


async def test_a_name_and_a_password_become_a_token_first() -> None:
    async with scripted_server([json_answer(200, TOKENS), stream_answer(frame(1, "complete"))]) as server:
        await follow(server, password="hunter2-hunter2", token=None)

    assert server.seen[0].line == "POST /auth/login HTTP/1.1"
    assert server.seen[0].body == {"username": "ann", "password": "hunter2-hunter2"}
    assert server.seen[1].headers["authorization"] == "Bearer a1"


async def test_a_refused_password_is_not_tried_again() -> None:
    answer = json_answer(401, {"detail": "User name and password don't match."})

    async with scripted_server([answer]) as server:
        assert await refused(server, password="wrong-wrong-wrong", token=None) == "User name and password don't match."
    assert len(server.seen) == 1


async def test_an_expired_token_is_refreshed_and_the_stream_goes_on() -> None:
    answers = [
        json_answer(200, TOKENS),
        stream_answer(frame(1, "run"), control("auth_expiring"), frame(2)),
        json_answer(200, TOKENS | {"access_token": "a2", "refresh_token": "r2"}),
        stream_answer(frame(3, "complete")),
    ]

    async with scripted_server(answers) as server:
        following = await follow(server, password="hunter2-hunter2", token=None)

    assert following.seen == ["1 run", "2 progress", "3 complete"]
    assert following.pauses == []
    assert server.seen[2].line == "POST /auth/refresh HTTP/1.1"
    assert server.seen[2].body == {"refresh_token": "r1"}
    assert server.seen[3].headers["authorization"] == "Bearer a2"


async def test_where_the_refresh_is_refused_the_client_logs_in_again() -> None:
    answers = [
        json_answer(200, TOKENS),
        stream_answer(frame(1, "run")),
        json_answer(401, {"detail": "The token has expired."}),
        json_answer(401, {"detail": "The session has ended."}),
        json_answer(200, TOKENS | {"access_token": "a3"}),
        stream_answer(frame(2, "complete")),
    ]

    async with scripted_server(answers) as server:
        following = await follow(server, password="hunter2-hunter2", token=None)

    assert following.seen == ["1 run", "2 complete"]
    assert [request.line.split()[1] for request in server.seen[2:]] == [
        "/run/stream",
        "/auth/refresh",
        "/auth/login",
        "/run/stream",
    ]


async def test_a_token_that_is_refused_twice_in_a_row_ends_it() -> None:
    expired = json_answer(401, {"detail": "The token has expired."})
    answers = [json_answer(200, TOKENS), stream_answer(frame(1, "run")), expired, json_answer(200, TOKENS), expired]

    async with scripted_server(answers) as server:
        assert await refused(server, password="hunter2-hunter2", token=None) == "The token has expired."


async def test_a_given_token_that_is_refused_ends_it() -> None:
    async with scripted_server([json_answer(401, {"detail": "The token has expired."})]) as server:
        assert await refused(server) == "The token has expired."
