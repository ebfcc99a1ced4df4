"""What a webhook is sent: the message, and its signature by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from attrs import field, frozen

from domain.run.codec import format_time
from domain.run.model import Record

PREFIX: Final = "whsec_"


def encode_message(terminal: Record) -> bytes:
    """Return the body that tells of a run's end: its terminal event's data as every stream has it."""
    message = {"type": f"run.{terminal.type}", "timestamp": format_time(terminal.time)}
    return msgspec.json.encode(message | {"data": msgspec.Raw(terminal.data)})


@frozen
class WebhookKeys:
    """The operator's keys, from which every user's own secrets are made; the first one is the newest.

    With one secret for all, whoever receives could forge what others receive.
    """

    _keys: tuple[str, ...] = field(repr=False)

    def secrets_of(self, user_id: str) -> tuple[str, ...]:
        """Return a user's secrets as receivers take them; every message is signed with each."""
        return tuple(PREFIX + base64.b64encode(secret).decode() for secret in self._derive(user_id))

    def sign(self, body: bytes, *, message_id: str, user_id: str, time: datetime) -> Mapping[str, str]:
        """Return the headers that prove whose message it is and when it was sent.

        `message_id` has no full stop, since one divides the parts of what is signed.
        """
        seconds = str(int(time.timestamp()))
        signed = b".".join((message_id.encode(), seconds.encode(), body))
        signatures = (hmac.digest(secret, signed, "sha256") for secret in self._derive(user_id))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": seconds,
            "webhook-signature": " ".join("v1," + base64.b64encode(one).decode() for one in signatures),
        }

    def _derive(self, user_id: str) -> list[bytes]:
        return [hmac.digest(key.encode(), b"galley webhook\0" + user_id.encode(), "sha256") for key in self._keys]
