"""What a client decides about a run that it follows, without a connection."""

from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent, SSEError

from galley_client import Backoff, ProblemError, ProtocolError, Reset, RunQueued, UnreachableError
from galley_client.backoff import LONGEST_RETRY_AFTER
from galley_client.calls import Start
from galley_client.following import Following, LostError
from galley_client.session import Session
from tests.clients_python.frames import BODY, RUN, sse

URL = "http://galley"
START = Start(body=BODY, key="k1")
CURSOR = f"{RUN}:1-7"


def follow(*, retries: int = 8, session: Session | None = None, **given: Any) -> Following:
    backoff = Backoff(chance=lambda: 1.0, retries=retries)
    return Following(URL, session or Session(URL, token="t"), backoff, **given or {"start": START})


def answer(status: int = 200, token: str = "t", content: bytes = b"", **headers: str) -> httpx.Response:
    request = httpx.Request("POST", URL, headers={"Authorization": f"Bearer {token}"})
    return httpx.Response(status, headers=headers, content=content, request=request)


def problem(status: int, retry_after: float | None = None) -> ProblemError:
    return ProblemError(status=status, code="busy", detail="Busy.", retry_after=retry_after)


def test_a_run_that_is_not_known_is_started_with_its_key_again_and_again() -> None:
    following = follow()

    asked = following.request()
    following.pause(httpx.ReadError("cut"))

    assert (
        following.request()
        == asked
        == {
            "method": "POST",
            "url": "/run/stream",
            "headers": {"Accept": "text/event-stream", "Idempotency-Key": "k1"},
            "json": BODY,
        }
    )


def test_once_the_run_is_known_it_is_never_posted_again() -> None:
    following = follow()
    following.open(answer(**{"X-Run-Id": RUN}))

    assert following.request() == {
        "method": "GET",
        "url": f"/runs/{RUN}/events",
        "headers": {"Accept": "text/event-stream"},
    }


def test_a_stream_goes_on_behind_the_last_event_that_was_told() -> None:
    following = follow()
    following.take(sse(1, "run"))
    following.take(sse(2))

    assert following.request()["headers"]["Last-Event-ID"] == f"{RUN}:1-2"
    assert following.run_id == RUN


def test_an_event_is_told_once_and_a_hole_is_asked_for_again() -> None:
    following = follow()

    told = [following.take(sse(seq, event)) for seq, event in ((1, "run"), (1, "run"), (2, "progress"), (1, "run"))]

    assert [event is not None for event in told] == [True, False, True, False]
    assert isinstance(told[0], RunQueued)
    with pytest.raises(LostError):
        following.take(sse(4))
    assert following.request()["headers"]["Last-Event-ID"] == f"{RUN}:1-2"


def test_from_a_cursor_that_was_given_the_first_event_may_have_any_number() -> None:
    following = follow(run_id=RUN, after=CURSOR)

    assert following.request()["headers"]["Last-Event-ID"] == CURSOR
    assert following.take(sse(8)) is not None
    with pytest.raises(LostError):
        following.take(sse(10))


def test_behind_the_last_event_of_all_there_is_nothing() -> None:
    following = follow(run_id=RUN, after=CURSOR)

    following.open(answer(204))

    assert following.is_over()


def test_no_content_is_no_end_for_who_has_no_cursor() -> None:
    with pytest.raises(ProblemError, match="The server answered 204"):
        follow().open(answer(204))


def test_a_reset_voids_the_cursor_and_the_text() -> None:
    following = follow()
    for told in (sse(1, "run"), sse(2, "delta", stage="generator", attempt=1, text="Tea", offset=0)):
        following.take(told)

    assert following.take(ServerSentEvent(event="reset", data="{}")) == Reset(run_id=RUN)
    assert "Last-Event-ID" not in following.request()["headers"]
    assert str(following.text) == ""
    assert following.take(sse(1, "run")) is not None


def test_a_terminal_event_is_the_end() -> None:
    following = follow()
    assert not following.is_over()

    following.take(sse(1, "complete"))

    assert following.is_over()
    following.end()


def test_an_end_before_that_is_never_taken_for_success() -> None:
    with pytest.raises(LostError):
        follow().end()


def test_what_has_no_id_is_about_the_stream_and_told_to_nobody() -> None:
    following = follow()

    assert following.take(ServerSentEvent(event="weather", data="no JSON")) is None
    assert following.take(ServerSentEvent(event="auth_expiring", data='{"seconds": 30}')) is None
    following.take(sse(1, "run"))
    # A decoder gives a frame without an id the last one that there was.
    assert following.take(ServerSentEvent(event="weather", data="no JSON", id=f"{RUN}:1-1")) is None
    assert following.take(sse(2)) is not None


def test_a_token_that_is_about_to_expire_is_renewed_at_once_where_it_can_be() -> None:
    session = Session(URL, username="ann", password="hunter2")
    session.token = "old"
    following = follow(session=session, start=START)
    following.open(answer(token="old"))

    with pytest.raises(LostError) as lost:
        following.take(ServerSentEvent(event="auth_expiring", data='{"seconds": 30}'))

    assert session.token is None
    assert following.pause(lost.value) == 0.0


def test_a_token_that_somebody_renewed_meanwhile_stays() -> None:
    session = Session(URL, username="ann", password="hunter2")
    session.token = "new"
    following = follow(session=session, start=START)
    following.open(answer(token="old"))

    with pytest.raises(LostError):
        following.take(ServerSentEvent(event="auth_expiring", data="{}"))

    assert session.token == "new"


def test_a_draining_server_is_asked_again_at_once_and_then_more_and_more_slowly() -> None:
    following = follow()
    with pytest.raises(LostError) as lost:
        following.take(ServerSentEvent(event="draining", data="{}"))

    assert [following.pause(lost.value) for _ in range(4)] == [0.0, 2.0, 4.0, 8.0]


def test_pauses_grow_up_to_a_bound_and_then_it_is_given_up() -> None:
    following = follow()
    following.take(sse(1, "run"))

    pauses = [following.pause(problem(502)) for _ in range(8)]

    assert pauses == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0]
    with pytest.raises(UnreachableError) as caught:
        following.pause(problem(502))
    assert str(caught.value) == f"Given up after 9 tries in a row: Busy. The run {RUN} goes on at the server."
    assert caught.value.run_id == RUN


def test_every_event_makes_the_pauses_short_again() -> None:
    following = follow()
    assert [following.pause(problem(502)) for _ in range(3)] == [1.0, 2.0, 4.0]

    following.take(sse(1, "run"))

    assert following.pause(problem(502)) == 1.0


def test_the_server_says_how_soon_to_come_again() -> None:
    following = follow()
    following.take(ServerSentEvent(event="weather", data="{}", retry=250))

    assert following.pause(httpx.ReadError("cut")) == 0.25
    assert following.pause(problem(503, retry_after=7.0)) == 7.0


def test_a_server_that_wants_to_be_left_alone_for_long_is_not_waited_for() -> None:
    refusal = problem(429, retry_after=LONGEST_RETRY_AFTER + 1)

    with pytest.raises(ProblemError) as caught:
        follow().pause(refusal)

    assert caught.value is refusal


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_that_does_not_pass_is_raised(status: int) -> None:
    with pytest.raises(ProblemError):
        follow().pause(problem(status))


@pytest.mark.parametrize("gone", [httpx.ConnectError("refused"), httpx.ConnectTimeout("silence")])
def test_nothing_at_the_address_is_said_at_once_but_only_before_something_answered(gone: httpx.RequestError) -> None:

    with pytest.raises(UnreachableError, match="Nothing answers at http://galley; is the server running"):
        follow().pause(gone)

    following = follow()
    following.open(answer())
    assert following.pause(gone) == 1.0


@pytest.mark.parametrize("error", [SSEError("no stream"), ProtocolError("no event")])
def test_what_is_no_galley_is_not_asked_again(error: Exception) -> None:
    with pytest.raises(ProtocolError):
        follow().pause(error)


def test_a_frame_that_is_no_event_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="http://galley does not answer as a Galley server does"):
        follow().take(ServerSentEvent(event="progress", data="{half", id="1"))
