"""WS /ws: who may speak, what can be said, and how it ends; compressed into time that stands still."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quart.testing.connections import WebsocketResponseError

from domain.user import Role
from entrypoints.http.websocket.conversation import MOST_FOLLOWED
from entrypoints.http.websocket.socket import MESSAGE_COST, MOST_WAITING
from entrypoints.services import new_run_id
from tests.entrypoints.arrangement import ACCESS_SECONDS, BODY, COMPLETE, GENERATING, House, delta, open_stream
from tests.entrypoints.talking import Talk, open_talk

Headers = dict[str, str]


def names(told: list[dict[str, Any]]) -> list[str]:
    return [message["event"] for message in told]


async def test_a_started_run_is_told_to_its_end(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        ready = talk.told[0]
        (started, first) = await talk.say(type="start", run=BODY, ref="1")
        run_id = started["data"]["run_id"]
        await house.complete(run_id, GENERATING, delta("Tea."))
        rest = await talk.hear()

    assert ready == {"event": "ready", "data": {"user_id": "id-ann", "expires_at": "2026-01-01T00:15:00.000Z"}}
    assert started == {"event": "started", "ref": "1", "data": {"run_id": run_id, "is_new": True}}
    assert [message["id"] for message in (first, *rest)] == [
        f"{run_id}:{place}" for place in ("0-1", "1-2", "1-3", "1-4")
    ]
    assert names([first, *rest]) == ["run", "progress", "delta", "complete"]


async def test_the_messages_are_the_lines_of_the_same_log(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id, GENERATING, delta("Té\u2028a."))

    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        raw = [message for message in talk.told if "id" in message]
    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Accept": "application/x-ndjson"}) as stream:
        assert raw == [json.loads(line) for line in stream.data.splitlines()]


async def test_many_runs_are_followed_at_once_each_from_where_it_was_left(house: House, ann: Headers) -> None:
    runs = [await house.begin(ann) for _ in range(3)]
    for run_id in runs:
        await house.write(await house.claim(run_id), GENERATING, delta("Tea."))

    async with open_talk(house, ann) as talk:
        for seq, run_id in enumerate(runs):
            await talk.say(type="follow", run_id=run_id, after=f"{run_id}:{min(seq, 1)}-{seq}" if seq else None)
        seqs = [
            [message["data"]["seq"] for message in talk.told if message.get("id", "").startswith(run_id)]
            for run_id in runs
        ]

    assert seqs == [[1, 2, 3], [1, 2, 3], [3]]
    assert names(talk.told).count("reset") == 1, "1-1 is not of this log: its first record is of epoch 0"


async def test_a_run_that_was_seen_to_its_end_has_nothing_more(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id)

    async with open_talk(house, ann) as talk:
        told = await talk.say(type="follow", run_id=run_id, after=f"{run_id}:1-2", ref="x")

    assert told == [{"event": "following", "ref": "x", "data": {"run_id": run_id, "is_over": True}}]


async def test_the_same_key_is_the_same_run_and_a_socket_that_ends_ends_none(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        (started, _) = await talk.say(type="start", run=BODY, key="mine")
    async with open_talk(house, ann) as talk:
        (again, first) = await talk.say(type="start", run=BODY, key="mine")
        (conflict,) = await talk.say(type="start", run={**BODY, "inputs": {"topic": "x"}}, key="mine")

    run_id = started["data"]["run_id"]
    assert again["data"] == {"run_id": run_id, "is_new": False}
    assert first["id"] == f"{run_id}:0-1"
    assert (conflict["event"], conflict["data"]["code"]) == ("refused", "idempotency_conflict")
    assert (await house.store.log.tail(run_id)).status == "queued"


async def test_a_run_can_be_cancelled_followed_or_not(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)

    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        told = await talk.say(type="cancel", run_id=run_id, ref="c")
        (over,) = await talk.say(type="cancel", run_id=run_id)

    assert sorted(names(told)) == ["cancelled", "cancelling"]
    assert over["data"] == {"run_id": run_id, "status": "cancelled"}


async def test_an_unfollowed_run_is_not_told_of_and_can_be_followed_again(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        assert await talk.say(type="unfollow", run_id=run_id) == [{"event": "unfollowed", "data": {"run_id": run_id}}]
        await house.write(await house.claim(run_id), GENERATING)
        assert await talk.hear() == []
        told = await talk.say(type="follow", run_id=run_id, after=f"{run_id}:0-1")

    assert names(told) == ["following", "progress"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": "ping"', "invalid_json"),
        ('{"type": "ping", "type": "ping"}', "invalid_json"),
        ("[]", "invalid_request"),
        ('{"type": "shout"}', "invalid_request"),
        ('{"type": "start"}', "invalid_request"),
        ('{"type": "start", "run": {"prompt": "note", "owner": "bob"}}', "invalid_request"),
        ('{"type": "start", "run": {"prompt": "note"}}', "invalid_request"),
        ('{"type": "start", "run": {"prompt": "gone"}}', "prompt_not_found"),
        ('{"type": "start", "run": {}, "key": "a b"}', "invalid_request"),
        ('{"type": "follow", "run_id": "x"}', "run_not_found"),
        ('{"type": "cancel", "run_id": "x"}', "run_not_found"),
        ('{"type": "auth", "token": "a.b.c"}', "already_authenticated"),
    ],
)
async def test_what_cant_be_done_is_refused_and_the_socket_goes_on(
    house: House, ann: Headers, message: str, code: str
) -> None:
    async with open_talk(house, ann) as talk:
        (refused,) = await talk.send(message)
        assert await talk.say(type="ping", ref="p") == [{"event": "pong", "ref": "p", "data": {}}]

    assert (refused["event"], refused["data"]["code"]) == ("refused", code)


async def test_a_fault_says_where_in_the_message_and_in_which(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        (refused,) = await talk.say(type="start", run={"prompt": "note", "tags": 1}, ref="7")

    assert (refused["ref"], refused["data"]["errors"]) == (
        "7",
        [{"pointer": "/run/tags", "detail": "Expected `array`, got `int`"}],
    )


@pytest.mark.parametrize("kind", ["follow", "cancel"])
async def test_somebody_elses_run_is_the_same_as_none(house: House, ann: Headers, bob: Headers, kind: str) -> None:
    foreign, mine = await house.begin(bob), await house.begin(ann)

    async with open_talk(house, ann) as talk:
        told = [await talk.say(type=kind, run_id=run_id) for run_id in (foreign, new_run_id())]
        swapped = await talk.say(type="follow", run_id=mine, after=f"{foreign}:0-1")

    assert told[0] == told[1]
    assert told[0][0]["data"]["status"] == 404
    assert swapped[0]["data"]["code"] == "cursor_of_another_run"


async def test_an_admin_may_follow_any_run(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)

    async with open_talk(house, await house.log_in("root", Role.ADMIN)) as talk:
        assert names(await talk.say(type="follow", run_id=run_id)) == ["following", "run"]


async def test_a_socket_follows_no_run_twice(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        (started, _) = await talk.say(type="start", run=BODY)
        (twice,) = await talk.say(type="follow", run_id=started["data"]["run_id"])

    assert twice["data"]["code"] == "already_following"


async def test_a_socket_follows_so_many_runs_and_no_more(house: House, admin: Headers) -> None:
    runs = [
        await house.begin(await house.log_in(f"user-{number // 40}"), run_id=new_run_id())
        for number in range(MOST_FOLLOWED + 1)
    ]
    async with open_talk(house, admin) as talk:
        for run_id in runs[:-1]:
            assert names(await talk.say(type="follow", run_id=run_id)) == ["following", "run"]
        (refused,) = await talk.say(type="follow", run_id=runs[-1])
        await talk.say(type="unfollow", run_id=runs[0])
        told = await talk.say(type="follow", run_id=runs[-1])

    assert (refused["data"]["status"], refused["data"]["code"]) == (429, "too_many_followed")
    assert names(told) == ["following", "run"]


async def test_whoever_talks_too_much_is_told_to_wait(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        for _ in range(house.services.requests_per_minute):
            await talk.say(type="ping")
        (refused,) = await talk.say(type="ping", ref="last")
        await house.clock.advance(1)
        assert names(await talk.say(type="ping")) == ["pong"]

    assert refused["ref"] == "last"
    assert (refused["data"]["status"], refused["data"]["retry_after"]) == (429, 1)


@pytest.mark.parametrize(
    "message", ["", "x", '{"type": "ping"}', '{"type": "start", "run": {"prompt": "note"}}', '{"type": "auth"}']
)
async def test_nothing_comes_before_the_token(house: House, message: str) -> None:
    async with open_talk(house) as talk:
        told = await talk.send(message)

        assert (names(told), talk.code) == (["refused"], 4401)


@pytest.mark.parametrize("case", ["forged", "expired", "revoked"])
async def test_a_token_that_is_not_good_opens_nothing(house: House, ann: Headers, case: str) -> None:
    headers = {"Authorization": "Bearer a.b.c"} if case == "forged" else ann
    if case == "expired":
        await house.clock.advance(ACCESS_SECONDS)
    if case == "revoked":
        await house.store.sessions.revoke(session_id=(await house.principal(ann)).session)

    async with open_talk(house, headers) as talk:
        assert (names(talk.told), talk.told[0]["data"]["status"], talk.code) == (["refused"], 401, 4401)


async def test_a_message_that_is_not_text_ends_the_socket(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        await talk.send(b'{"type": "ping"}')

        assert talk.code == 1003


async def test_whoever_sends_more_than_may_wait_is_dropped(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        for _ in range(MOST_WAITING // MESSAGE_COST + 1):
            await talk.connection.send("x")
        told = await talk.hear()
        while talk.code is None:
            told += await talk.hear()

        assert talk.code == 1008
        assert len(told) <= MOST_WAITING // MESSAGE_COST


ORIGINS = [
    "null",
    "",
    "http://evil.example",
    "http://127.0.0.1:8000.evil.example",
    "http://evil.example#http://127.0.0.1:8000",
    "http://127.0.0.1:8000@evil.example",
    "http://evil.example/http://127.0.0.1:8000",
    "http://evil-127.0.0.1:8000",
    "http://x.127.0.0.1:8000",
    "http://127.0.0.1:8001",
    "http://127.0.0.1",
    "http://127.0.0.1:80000",
    "https://127.0.0.1:8000",
    "ws://127.0.0.1:8000",
    "file://",
    "HTTP://127.0.0.1:8000/",
    "http://127.0.0.1:8000/",
    "http://127.0.0.1:8000 http://evil.example",
    "http://localhost.evil.example:8000",
    "chrome-extension://abcdef",
    "http://[::1].evil.example:8000",
    "http://127.0.0.1:8000\tx",
]


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_page_of_another_origin_opens_a_socket(house: House, ann: Headers, origin: str) -> None:
    with pytest.raises(WebsocketResponseError) as refused:
        async with open_talk(house, ann, Origin=origin):
            pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000"])
async def test_our_own_page_opens_one(house: House, ann: Headers, origin: str) -> None:
    async with open_talk(house, ann, Origin=origin) as talk:
        assert names(talk.told) == ["ready"]


async def test_a_socket_warns_and_ends_with_its_token(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        await house.clock.advance(ACCESS_SECONDS - 30)
        warned = [message for message in await talk.hear() if message["event"] != "heartbeat"]
        still_open = talk.code
        await house.clock.advance(30)
        await talk.hear()

        assert warned == [{"event": "auth_expiring", "data": {"seconds": 30.0}}]
        assert (still_open, talk.code) == (None, 4401)


async def test_a_socket_ends_within_five_seconds_of_a_revocation(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        await house.store.sessions.revoke(session_id=(await house.principal(ann)).session)
        await house.clock.advance(5)
        await house.write(await house.claim(run_id), GENERATING)

        assert (await talk.hear(), talk.code) == ([], 4401)


async def test_after_a_revocation_nothing_that_is_said_is_done(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        await house.store.sessions.revoke(session_id=(await house.principal(ann)).session)

        assert (await talk.say(type="start", run=BODY), talk.code) == ([], 4401)


async def test_a_socket_of_a_process_that_goes_away_says_so(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        house.drain.set()

        assert (await talk.hear(), await _code(talk)) == ([{"event": "draining", "data": {}}], 1001)


async def test_a_silent_socket_has_a_heartbeat(house: House, ann: Headers) -> None:
    async with open_talk(house, ann) as talk:
        await house.clock.advance(house.services.heartbeat_seconds)

        assert await talk.hear() == [{"event": "heartbeat", "data": {}}]


async def test_a_followed_run_counts_as_followed(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    lease = await house.claim(run_id)
    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        await house.clock.advance(25)
        followed = await house.store.queue.renew(lease, wait_seconds=0)
    await house.clock.advance(25)
    left = await house.store.queue.renew(lease, wait_seconds=0)

    assert followed.unfollowed_seconds < 11
    assert left.unfollowed_seconds >= 25


async def test_a_terminal_event_makes_room_for_another_run(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    async with open_talk(house, ann) as talk:
        await talk.say(type="follow", run_id=run_id)
        await house.write(await house.claim(run_id), COMPLETE)
        await talk.hear()
        told = await talk.say(type="follow", run_id=run_id)

    assert names(told) == ["following", "run", "complete"]


async def _code(talk: Talk) -> int | None:
    await talk.hear()
    return talk.code
