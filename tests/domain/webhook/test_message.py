"""What a webhook is sent, before the verifier that the Standard Webhooks project itself publishes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.run.events import RunCancelled, RunCompleted, RunFailed, TerminalEvent
from domain.run.model import Stage
from domain.webhook.message import WebhookKeys, encode_message
from tests.examples import RUN_ID, make_record

OLD, NEW = "an older key of the operator's own", "a newer key of the operator's own"
BODY = b'{"type":"run.complete","data":{"output":"caf\xc3\xa9"}}'
ENDS: tuple[TerminalEvent, ...] = (
    RunCompleted(success=True, output="Tea \u2028 caf\u00e9.\n", metadata={"limit": None}),
    RunFailed(code="internal", message="Broken.", retryable=True, stage=Stage.GENERATOR),
    RunCancelled(message="The run was cancelled."),
)


def sign(
    *,
    keys: tuple[str, ...] = (NEW,),
    user_id: str = "ann",
    age: float = 0,
    body: bytes = BODY,
    message_id: str = RUN_ID,
) -> dict[str, str]:
    time = datetime.now(UTC) - timedelta(seconds=age)
    return dict(WebhookKeys(keys).sign(body, message_id=message_id, user_id=user_id, time=time))


def secret_of(user_id: str = "ann", *keys: str) -> str:
    return WebhookKeys(keys or (NEW,)).secrets_of(user_id)[0]


def is_accepted(headers: Mapping[str, str], *, body: bytes = BODY, secret: str | None = None) -> bool:
    try:
        Webhook(secret or secret_of()).verify(body, dict(headers))
    except WebhookVerificationError:
        return False
    return True


@pytest.mark.parametrize("event", ENDS, ids=lambda event: event.type)
def test_a_message_holds_the_terminal_event_as_every_stream_has_it(event: TerminalEvent) -> None:
    terminal = make_record(event, seq=9)

    message = json.loads(encode_message(terminal))

    assert message == {
        "type": f"run.{event.type}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": json.loads(terminal.data),
    }


def test_a_message_of_ours_is_accepted() -> None:
    assert is_accepted(sign())


@pytest.mark.parametrize("age", [-200, 0, 200])
def test_a_message_may_be_five_minutes_under_way(age: float) -> None:
    assert is_accepted(sign(age=age))


@pytest.mark.parametrize("age", [-3600, -400, 400, 3600, 86_400])
def test_a_message_that_is_replayed_later_is_refused(age: float) -> None:
    assert not is_accepted(sign(age=age))


def test_a_new_time_on_an_old_signature_is_refused() -> None:
    assert not is_accepted({**sign(age=3600), "webhook-timestamp": sign()["webhook-timestamp"]})


@pytest.mark.parametrize(
    "forged",
    [
        {"webhook-id": "another-run"},
        {"webhook-id": ""},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "never"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()},
        {"webhook-signature": sign(user_id="bob")["webhook-signature"]},
        {"webhook-signature": sign(keys=(OLD,))["webhook-signature"]},
        {"webhook-signature": sign(body=BODY + b" ")["webhook-signature"]},
        {"webhook-signature": sign(message_id="another-run")["webhook-signature"]},
        {"webhook-signature": sign()["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": sign()["webhook-signature"].replace("v1,", "v1a,")},
    ],
)
def test_what_was_changed_under_way_is_refused(forged: Mapping[str, str]) -> None:
    assert not is_accepted({**sign(), **forged})


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b"\n", BODY.replace(b"complete", b"cancelled")])
def test_another_body_is_refused(body: bytes) -> None:
    assert not is_accepted(sign(), body=body)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_refused(name: str) -> None:
    assert not is_accepted({key: value for key, value in sign().items() if key != name})


def test_every_user_has_a_secret_of_their_own() -> None:
    secrets = {secret_of(user) for user in ("ann", "bob", "", "ann\0", "webhook\0ann")}

    assert len(secrets) == 5
    assert not is_accepted(sign(user_id="bob"))
    assert is_accepted(sign(user_id="bob"), secret=secret_of("bob"))


def test_a_secret_has_the_form_and_the_length_of_the_specification() -> None:
    secret = secret_of()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret == secret_of()


def test_while_keys_change_receivers_with_either_secret_accept() -> None:
    headers = sign(keys=(NEW, OLD))

    assert [is_accepted(headers, secret=secret_of("ann", key)) for key in (NEW, OLD, "another")] == [True, True, False]
    assert WebhookKeys((NEW, OLD)).secrets_of("ann") == (secret_of("ann", NEW), secret_of("ann", OLD))


def test_keys_are_never_shown() -> None:
    assert NEW not in repr(WebhookKeys((NEW,)))
