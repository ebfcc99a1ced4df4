"""Which requests lead to a token, without sending one."""

from typing import Any

import httpx
import pytest

from galley_client import ProblemError, ProtocolError
from galley_client.session import Session
from tests.clients_python.frames import TOKENS

URL = "http://galley"
REQUEST = httpx.Request("GET", URL, extensions={"timeout": {"read": 5.0}})


def made(status: int = 200, body: Any = TOKENS) -> httpx.Response:
    return httpx.Response(status, json=body)


def drive(session: Session, *answers: httpx.Response) -> list[str]:
    """Answer one request after the other; return what was asked."""
    asked = []
    flow = session.acquire(REQUEST)
    try:
        request = next(flow)
        for answer in answers:
            asked.append(f"{request.url.path} {request.content.decode()}")
            assert request.extensions == REQUEST.extensions, "it must have the timeouts of what it is made for"
            request = flow.send(answer)
    except StopIteration:
        return asked
    raise AssertionError(f"{request.url} is still to be answered")


@pytest.fixture
def session() -> Session:
    return Session(URL, username="ann", password="hunter2")


LOGIN = '/auth/login {"username":"ann","password":"hunter2"}'
REFRESH = '/auth/refresh {"refresh_token":"r1"}'


def test_a_given_token_is_used_and_never_renewed() -> None:
    session = Session(URL, token="given")

    session.expire("given")

    assert (drive(session), session.token, session.can_renew) == ([], "given", False)


def test_a_name_and_a_password_become_a_token_once(session: Session) -> None:
    assert drive(session, made()) == [LOGIN]
    assert session.token == "a1"
    assert drive(session) == []


def test_an_expired_token_is_renewed_by_its_refresh_token(session: Session) -> None:
    drive(session, made())

    session.expire("a1")

    assert drive(session, made(body=TOKENS | {"access_token": "a2", "refresh_token": "r2"})) == [REFRESH]
    assert session.token == "a2"


def test_a_token_that_is_not_the_newest_expires_nothing(session: Session) -> None:
    drive(session, made())

    session.expire("a0")

    assert drive(session) == []


def test_where_the_refresh_is_refused_the_password_is_used(session: Session) -> None:
    drive(session, made())
    session.expire("a1")

    assert drive(session, made(401, {"detail": "The session has ended."}), made()) == [REFRESH, LOGIN]


def test_a_refresh_token_is_never_used_twice_even_where_its_answer_got_lost(session: Session) -> None:
    drive(session, made())
    session.expire("a1")
    flow = session.acquire(REQUEST)
    next(flow)
    flow.close()

    assert drive(session, made()) == [LOGIN]


def test_a_server_that_can_not_say_now_is_no_reason_to_send_the_password(session: Session) -> None:
    drive(session, made())
    session.expire("a1")

    with pytest.raises(ProblemError, match="draining"):
        drive(session, made(503, {"detail": "The service is draining."}))


def test_a_refused_password_is_an_error_with_the_servers_words(session: Session) -> None:
    with pytest.raises(ProblemError, match="don't match"):
        drive(session, made(401, {"detail": "User name and password don't match."}))


def test_an_answer_without_tokens_is_no_galleys(session: Session) -> None:
    with pytest.raises(ProtocolError):
        drive(session, made(body={}))


def test_a_session_shows_no_secret(session: Session) -> None:
    # No address in memory has letters like these.
    secrets = {"access_token": "sesame-open", "refresh_token": "sesame-again"}
    drive(session, made(body={**TOKENS, **secrets}))

    assert session.token == "sesame-open"
    assert not any(secret in repr(session) for secret in ("hunter2", *secrets.values()))
