"""Sessions of the protocol's older versions: an id that is signed for its user, of which nothing is kept.

So a session outlives the process, and any front of one service can go on with it.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode

from quart import request

from domain.errors import RunNotFoundError
from domain.user import Principal
from entrypoints.http.problems import HTTPError
from entrypoints.ownership import cancel_run
from entrypoints.services import Services
from entrypoints.start import derive_run_id

UNNAMED_VERSION = "2025-03-26"
"""Of a request that names none: the last version in which clients did not have to."""

CANCEL_TRIES = 5
CANCEL_SECONDS = 0.2
"""Between looks for a run to cancel, while the call that creates it may be under way."""


def open_session(services: Services, principal: Principal) -> str:
    """Make the id of a new session of that user."""
    name = secrets.token_urlsafe(16)
    return f"{name}.{_sign(services, principal, name)}"


def read_version() -> str:
    """Return which version of the protocol the request is of."""
    return request.headers.get("MCP-Protocol-Version") or UNNAMED_VERSION


def require_session(services: Services, principal: Principal) -> str:
    """Return the session that the request is of.

    Raises:
        HTTPError: 400, it names none; 404, it is none of the user's, and the client has to begin a new one.
    """
    session: str | None = request.headers.get("Mcp-Session-Id")
    if session is None:
        raise HTTPError(400, "session_required", "Send `initialize` first, then its Mcp-Session-Id with every request.")
    name, _, seal = session.partition(".")
    if not hmac.compare_digest(seal.encode(), _sign(services, principal, name).encode()):
        raise HTTPError(404, "session_not_found", "There is no such session; send `initialize` for a new one.")
    return session


def _sign(services: Services, principal: Principal, name: str) -> str:
    signed = b"mcp session\0" + principal.user_id.encode() + b"\0" + name.encode()
    return urlsafe_b64encode(hmac.digest(services.secret_key, signed, "sha256")[:18]).decode()


def key_of_call(session: str, request_id: int | str) -> str:
    """Return the idempotency key of a call: no two requests of a session have the same id, but for a repeated one."""
    return f"mcp:{session}:{request_id}"


async def cancel_call(services: Services, principal: Principal, session: str, request_id: int | str) -> None:
    """Cancel the run that a request of the session has started, if any."""
    await cancel_soon(services, principal, derive_run_id(services, principal, key_of_call(session, request_id)))


async def cancel_soon(services: Services, principal: Principal, run_id: str) -> None:
    """Cancel a run, even one that is about to be created; where none is there soon, there is nothing to cancel."""
    for _ in range(CANCEL_TRIES):
        try:
            await cancel_run(services, principal, run_id)
        except RunNotFoundError:
            await services.clock.sleep(CANCEL_SECONDS)
        else:
            return
