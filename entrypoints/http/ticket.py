"""Tickets: a word in the address with which a browser's EventSource, which sends no headers, follows one run."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from domain.errors import ExpiredTokenError, InvalidTokenError
from domain.user import Principal, Role

TICKET_SECONDS: Final = 30
"""Addresses are kept in logs and histories, so what stands in them is soon worth nothing."""

LONGEST_TICKET: Final = 1000
_FORM = re.compile(r"(?:[A-Za-z0-9_-]{4}){1,230}\.[A-Za-z0-9_-]{43}")


class _Content(msgspec.Struct, frozen=True, array_like=True):
    """What a ticket says; times are seconds since 1970."""

    run_id: str
    good_until: float
    user_id: str
    roles: list[Role]
    session: str
    expires_at: float


def sign_ticket(run_id: str, principal: Principal, *, now: datetime, secret_key: bytes) -> tuple[str, int]:
    """Make a ticket for that run, and say for how many seconds it is good: no longer than the principal's token."""
    good_until = min(now + timedelta(seconds=TICKET_SECONDS), principal.expires_at)
    content = _Content(
        run_id=run_id,
        good_until=good_until.timestamp(),
        user_id=principal.user_id,
        roles=sorted(principal.roles),
        session=principal.session,
        expires_at=principal.expires_at.timestamp(),
    )
    # Padded with a space that JSON does not mind, so that no `=` has to be escaped in an address.
    data = msgspec.json.encode(content)
    payload = urlsafe_b64encode(data + b" " * (-len(data) % 3)).decode()
    return f"{payload}.{_sign(payload, secret_key)}", int((good_until - now).total_seconds())


def read_ticket(text: str, run_id: str, *, now: datetime, secret_key: bytes) -> Principal:
    """Return whom a ticket for that run speaks for, until when their token is good; a name is not in it.

    Raises:
        InvalidTokenError: It is not one of ours, or for another run.
        ExpiredTokenError: Its time is over.
    """
    payload, _, signature = text.partition(".")
    if _FORM.fullmatch(text) is None or not hmac.compare_digest(signature, _sign(payload, secret_key)):
        raise InvalidTokenError(_REFUSAL)
    content = msgspec.json.decode(urlsafe_b64decode(payload), type=_Content)
    if content.run_id != run_id:
        raise InvalidTokenError(_REFUSAL)
    if now.timestamp() >= content.good_until:
        raise ExpiredTokenError(f"The ticket's {TICKET_SECONDS} seconds are over; {_HOW}")
    return Principal(
        user_id=content.user_id,
        name="",
        roles=frozenset(content.roles),
        session=content.session,
        expires_at=datetime.fromtimestamp(content.expires_at, UTC),
    )


def _sign(payload: str, secret_key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(secret_key, b"ticket\0" + payload.encode(), "sha256")).decode().rstrip("=")


_HOW = "POST /runs/{run_id}/ticket makes a new one, and `?after=` says where to go on."
_REFUSAL = f"The ticket is none for this run; {_HOW}"
