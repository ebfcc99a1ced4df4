"""Who is asking, and whether they may: what a view's operation says about access is enforced here.

Of `Services` it uses `authenticator`, for tickets `sessions`, `clock` and `secret_key`, and `metrics_token`.
"""

from __future__ import annotations

import hmac
import re
from typing import Final, cast

from quart import Quart, current_app, g, request
from werkzeug.datastructures import Headers

from domain.errors import ForbiddenError, InvalidTokenError, MissingTokenError, RevokedTokenError
from domain.user import Principal, Role
from entrypoints.http.operation import Access, find_operation
from entrypoints.http.ticket import read_ticket
from entrypoints.services import Services

LONGEST_TOKEN: Final = 8192
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.ASCII)
_HOW: Final = "Send one header of the form `Authorization: Bearer <access token>`."
_ROLES = {Access.EDITOR: Role.EDITOR, Access.ADMIN: Role.ADMIN, Access.METRICS: Role.ADMIN}


def protect(app: Quart) -> None:
    """Let a request reach a view only where its operation allows that; an address without a view stays a 404.

    A public view has no principal, nor has one asked with the metrics' token; one asked with a ticket and without a
    header has the ticket's.
    """

    @app.before_request
    async def _authorize() -> None:
        if request.endpoint is None:
            return
        access = find_operation(app, request.endpoint).access
        if access is Access.PUBLIC or (access is Access.METRICS and _has_metrics_token()):
            return
        is_by_ticket = access is Access.TICKET and _has_only_ticket()
        g.principal = await (_authenticate_by_ticket() if is_by_ticket else authenticate())
        if access in _ROLES:
            require_role(_ROLES[access])


def _has_only_ticket() -> bool:
    return "ticket" in request.args and "Authorization" not in request.headers


def _has_metrics_token() -> bool:
    wanted = current_services().metrics_token
    given = request.headers.getlist("Authorization")
    if wanted is None or len(given) != 1:
        return False
    return hmac.compare_digest(given[0].encode(), f"Bearer {wanted}".encode())


async def _authenticate_by_ticket() -> Principal:
    services = current_services()
    run_id = str((request.view_args or {}).get("run_id"))
    ticket = request.args.getlist("ticket")[-1]
    found = read_ticket(ticket, run_id, now=services.clock.now(), secret_key=services.secret_key)
    if await services.sessions.is_revoked(found.session):
        raise RevokedTokenError("The session has ended; log in again.")
    return found


def principal() -> Principal:
    """Return who is asking, in a view that is not public."""
    return cast(Principal, g.principal)


def require_role(role: Role) -> Principal:
    """Return who is asking, where they may act as `role`.

    Raises:
        ForbiddenError: They may not.
    """
    asking = principal()
    if not asking.has_role(role):
        raise ForbiddenError(f"Only somebody with the role {role} may do this.")
    return asking


async def authenticate() -> Principal:
    """Return who the request's token speaks for.

    Raises:
        AuthError: There is no token, or it is not good any more.
    """
    return await current_services().authenticator.verify(read_bearer(request.headers))


def read_bearer(headers: Headers) -> str:
    """Return the token of the one Authorization header (RFC 6750, section 2.1); nothing else is looked at.

    Raises:
        MissingTokenError: There is no such header.
        InvalidTokenError: There are several, or it is of another form.
    """
    given = headers.getlist("Authorization")
    if not given:
        raise MissingTokenError(_HOW)
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 and len(given[0]) <= LONGEST_TOKEN else None
    if found is None:
        raise InvalidTokenError(_HOW)
    return found[1]


def current_services() -> Services:
    """Return what this app was made with."""
    return cast(Services, current_app.extensions["galley"])
