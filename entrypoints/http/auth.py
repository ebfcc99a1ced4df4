"""Logging in and out over HTTP.

Of `Services` it uses `login`, `authenticator` (by way of `authenticate`), `public_url` with its `public_path`, and for
what was used today `ledger`, `clock` and `rules`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from quart import Blueprint, Response, request

from domain.errors import ForbiddenError, MissingTokenError
from domain.run.spending import day_of
from domain.user import Role
from entrypoints.http.answers import answer
from entrypoints.http.authenticate import LONGEST_TOKEN, authenticate, current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.operation import Access, Answer, Operation, json_of, operation
from entrypoints.http.origin import is_own_origin
from entrypoints.login import TokenPair

COOKIE: Final = "galley_refresh"

RefreshToken = Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN)]

blueprint = Blueprint("auth", __name__, url_prefix="/auth")


class LoginBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A name and a password; with `cookie` the refresh token comes as a cookie that no script can read."""

    username: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    cookie: bool = False


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token; without one the cookie is meant."""

    refresh_token: RefreshToken | None = None


class Tokens(Struct, frozen=True):
    """A pair of tokens; `expires_in` is the access token's life in seconds, and no refresh token is in the cookie."""

    access_token: str
    expires_in: int
    refresh_token: str | UnsetType = UNSET
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105


class Today(Struct, frozen=True):
    """What somebody's runs have used on this UTC day, and their limits, null without one."""

    tokens: int
    cost_usd: float
    tokens_limit: int | None
    cost_usd_limit: float | None


class Me(Struct, frozen=True):
    """Who is asking, until when the access token is good, and what was used today."""

    user_id: str
    name: str
    roles: list[Role]
    expires_at: datetime
    today: Today


_PROBLEMS = (401, 403, 503)
_TOKENS = json_of(Tokens, "The tokens; with a cookie the refresh token is only there.", headers=("Set-Cookie",))


@blueprint.post("/login")
@operation(
    Operation(
        summary="Exchange a name and a password for tokens",
        tag="auth",
        access=Access.PUBLIC,
        request=LoginBody,
        headers=("Origin",),
        answers={200: _TOKENS},
        problems=(*_PROBLEMS, 429),
    )
)
async def log_in() -> Response:
    """Exchange a name and a password for tokens."""
    body = await read_body(LoginBody)
    if body.cookie:
        _require_own_origin()
    pair = await current_services().login.log_in(body.username, body.password, request.remote_addr or "")
    return _answer(pair, with_cookie=body.cookie)


@blueprint.post("/refresh")
@operation(
    Operation(
        summary="Exchange a refresh token for new tokens",
        tag="auth",
        access=Access.PUBLIC,
        request=RefreshBody,
        is_request_optional=True,
        headers=("Origin",),
        cookies=(COOKIE,),
        answers={200: _TOKENS},
        problems=_PROBLEMS,
    )
)
async def refresh() -> Response:
    """Exchange a refresh token for new tokens, in the body or in the cookie, as it came."""
    body = await read_body(RefreshBody, optional=True)
    token = body.refresh_token or _read_cookie()
    if token is None:
        raise MissingTokenError("Send the refresh token in the body, or as the cookie that the log-in set.")
    return _answer(await current_services().login.refresh(token), with_cookie=body.refresh_token is None)


@blueprint.post("/logout")
@operation(
    Operation(
        summary="End a session",
        tag="auth",
        access=Access.PUBLIC,
        request=RefreshBody,
        is_request_optional=True,
        headers=("Origin",),
        cookies=(COOKIE,),
        answers={204: Answer(meaning="The session has ended.", headers=("Set-Cookie",))},
        problems=_PROBLEMS,
    )
)
async def log_out() -> Response:
    """End the session of the refresh token in the body or the cookie, else the access token's."""
    body = await read_body(RefreshBody, optional=True)
    login = current_services().login
    if token := body.refresh_token or _read_cookie():
        await login.log_out_with(token)
    else:
        await login.log_out((await authenticate()).session)
    return _keep_cookie(Response(status=204), "", seconds=0)


@blueprint.get("/me")
@operation(Operation(summary="Say who is asking", tag="auth", answers={200: json_of(Me, "Who is asking.")}))
async def show_me() -> Response:
    """Answer who is asking."""
    asking = principal()
    roles, today = sorted(asking.roles), await _read_day(asking.user_id)
    return answer(Me(user_id=asking.user_id, name=asking.name, roles=roles, expires_at=asking.expires_at, today=today))


async def _read_day(user_id: str) -> Today:
    services = current_services()
    used = (await services.ledger.usage(user_id, day_of(services.clock.now()))).used
    limits = services.rules.daily_limits
    return Today(tokens=used.tokens, cost_usd=used.cost_usd, tokens_limit=limits.tokens, cost_usd_limit=limits.cost_usd)


def _answer(pair: TokenPair, *, with_cookie: bool) -> Response:
    in_body = UNSET if with_cookie else pair.refresh_token
    tokens = Tokens(access_token=pair.access_token, expires_in=pair.expires_in, refresh_token=in_body)
    response = answer(tokens)
    return _keep_cookie(response, pair.refresh_token, seconds=pair.refresh_seconds) if with_cookie else response


def _read_cookie() -> str | None:
    """Return the cookie's refresh token; a browser sends it for any page, so it counts only from our own.

    Raises:
        ForbiddenError: There is one, but the request does not come from our own page.
    """
    token = request.cookies.get(COOKIE)
    if token:
        _require_own_origin()
    return token or None


def _require_own_origin() -> None:
    public_url = current_services().public_url
    if not is_own_origin(request.headers, public_url):
        raise ForbiddenError(f"With cookies this works only from a page of {public_url}, the service's PUBLIC_URL.")


def _keep_cookie(response: Response, token: str, *, seconds: int) -> Response:
    services = current_services()
    response.set_cookie(
        COOKIE,
        token,
        max_age=seconds,
        path=f"{services.public_path}/auth",
        secure=services.public_url.startswith("https:"),
        httponly=True,
        samesite="Strict",
    )
    return response
