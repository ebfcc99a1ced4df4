"""Tickets: what they open, for how long, and what they never open (S14)."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest

from domain.user import Role
from entrypoints.services import new_run_id
from tests.entrypoints.arrangement import ACCESS_SECONDS, GENERATING, House, delta, open_stream
from tests.entrypoints.event_stream import EventStream

Headers = dict[str, str]


async def make_ticket(house: House, headers: Headers, run_id: str) -> str:
    answer = await house.ask("POST", f"/runs/{run_id}/ticket", headers)
    assert answer.status_code == 200, await answer.get_data()
    return str((await answer.get_json())["ticket"])


async def open_with(house: House, run_id: str, ticket: str, headers: Headers | None = None) -> tuple[int, str]:
    """Open a run's events; return the status and the code of the problem, or the last event."""
    async with open_stream(house, f"/runs/{run_id}/events?ticket={ticket}", headers or {}) as stream:
        assert stream.status is not None
        if stream.status != 200:
            return stream.status, stream.data.decode().partition('"code":"')[2].partition('"')[0]
        return 200, EventStream.read(stream.data).messages[-1].event


async def test_a_ticket_says_for_how_long_it_is_good(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("POST", f"/runs/{run_id}/ticket", ann)
    await house.clock.advance(ACCESS_SECONDS - 12)
    late = await house.ask("POST", f"/runs/{run_id}/ticket", ann)

    assert (await answer.get_json())["expires_in"] == 30
    assert (await late.get_json())["expires_in"] == 12, "no longer than the token that it was made with"


async def test_a_ticket_opens_its_run_as_often_as_a_browser_reconnects(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    assert [await open_with(house, run_id, ticket) for _ in range(3)] == [(200, "run")] * 3
    await house.clock.advance(29.9)
    assert await open_with(house, run_id, ticket, {"Last-Event-ID": f"{run_id}:0-0"}) == (200, "run")


async def test_a_ticket_is_over_after_its_time(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    await house.clock.advance(30)

    assert await open_with(house, run_id, ticket) == (401, "token_expired")


async def test_a_stream_that_a_ticket_opened_outlives_it_and_ends_with_the_token(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    async with open_stream(house, f"/runs/{run_id}/events?ticket={ticket}", {}) as stream:
        await house.clock.advance(60)
        lease = await house.claim(run_id)
        await house.write(lease, GENERATING)
        await house.clock.advance(ACCESS_SECONDS - 61)
        await house.write(lease, delta("Tea."))
        await stream.read()
        await house.clock.advance(1)
        await house.write(lease, delta(" More.", 4))
        seen = EventStream.read(await stream.read())

        assert [message.event for message in seen.messages] == ["run", "progress", "auth_expiring", "delta"]


async def test_a_stream_that_a_ticket_opened_ends_when_its_session_is_revoked(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    async with open_stream(house, f"/runs/{run_id}/events?ticket={ticket}", {}) as stream:
        await house.store.sessions.revoke(session_id=(await house.principal(ann)).session)
        await house.clock.advance(5)
        await house.write(await house.claim(run_id), GENERATING)

        assert b"event: progress" not in await stream.read()
    assert await open_with(house, run_id, ticket) == (401, "token_revoked")


async def test_a_ticket_opens_no_other_run(house: House, ann: Headers) -> None:
    run_id, other = await house.begin(ann), await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    assert await open_with(house, other, ticket) == (401, "invalid_token")
    assert await open_with(house, new_run_id(), ticket) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/runs/{run_id}"),
        ("DELETE", "/runs/{run_id}"),
        ("POST", "/runs/{run_id}/cancel"),
        ("POST", "/runs/{run_id}/rerun"),
        ("POST", "/runs/{run_id}/ticket"),
        ("GET", "/runs/{run_id}/output"),
        ("GET", "/runs"),
        ("GET", "/events"),
        ("GET", "/auth/me"),
    ],
)
async def test_a_ticket_opens_no_other_route(house: House, ann: Headers, method: str, path: str) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    answer = await house.ask(method, f"{path.format(run_id=run_id)}?ticket={ticket}", {})

    assert (answer.status_code, (await answer.get_json())["code"]) == (401, "missing_token")


async def test_nobody_gets_a_ticket_for_somebody_elses_run(house: House, ann: Headers, bob: Headers) -> None:
    run_id = await house.begin(ann)

    assert (await house.ask("POST", f"/runs/{run_id}/ticket", bob)).status_code == 404


async def test_an_admins_ticket_opens_the_run_that_it_is_for(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, await house.log_in("root", Role.ADMIN), run_id)

    assert await open_with(house, run_id, ticket) == (200, "run")


async def test_a_ticket_of_which_anything_was_changed_opens_nothing(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)
    forged = [ticket[:at] + ("B" if ticket[at] == "A" else "A") + ticket[at + 1 :] for at in range(len(ticket) - 1)]

    answers = {await open_with(house, run_id, text) for text in [*forged, "", ".", "x", ticket[:-1], ticket + "A"]}

    assert answers == {(401, "invalid_token")}


async def test_a_header_counts_and_the_ticket_beside_it_does_not(house: House, ann: Headers, bob: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    assert await open_with(house, run_id, ticket, bob) == (404, "run_not_found")
    assert await open_with(house, run_id, ticket, {"Authorization": "Bearer a.b.c"}) == (401, "invalid_token")


async def test_whoever_asks_with_a_ticket_is_counted_as_its_owner(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    ticket = await make_ticket(house, ann, run_id)

    answers = [await open_with(house, run_id, ticket) for _ in range(house.services.requests_per_minute)]

    assert answers[-1] == (429, "too_many_requests")


async def test_a_ticket_is_in_no_header_of_an_answer_and_names_nobody(house: House) -> None:
    headers = await house.log_in("annabel")
    run_id = await house.begin(headers)
    ticket = await make_ticket(house, headers, run_id)

    async with open_stream(house, f"/runs/{run_id}/events?ticket={ticket}", {}) as stream:
        assert ticket not in str(stream.headers)
    assert stream.headers["Referrer-Policy"] == "no-referrer"
    assert b"annabel" not in urlsafe_b64decode(ticket.partition(".")[0]).replace(b"id-annabel", b"")
