"""Tokens as signed JWTs; the only module that imports quart-jwt-extended (docs/adr/0005)."""

from __future__ import annotations

import math
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import jwt
import msgspec
from msgspec import Meta
from quart import Quart
from quart_jwt_extended import JWTManager, decode_token
from quart_jwt_extended.exceptions import JWTExtendedException

from adapters.auth.keys import SigningKeys
from domain.errors import ExpiredTokenError, InvalidTokenError, RevokedTokenError
from domain.ports import Clock
from domain.user import Principal, Role, Session, User

SKEW_SECONDS: Final = 60
"""How far ahead the clock of the process that minted a token may be; `exp` gets no such leeway."""

LONGEST_TOKEN: Final = 8192
_ALGORITHM: Final = "HS256"
_NOT_OURS: Final = "The token is not valid here; log in again."
_EXPIRED: Final = "The token has expired; refresh it or log in again."

Moment = Annotated[int, Meta(ge=0)]
"""Seconds since 1970."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]


class _Claims(msgspec.Struct, tag_field="type", frozen=True, kw_only=True):
    iss: str
    aud: str
    sub: Id
    jti: Id
    sid: Id
    iat: Moment
    nbf: Moment
    exp: Moment


class _AccessClaims(_Claims, tag="access", frozen=True, kw_only=True):
    name: str
    roles: frozenset[Role]


class _RefreshClaims(_Claims, tag="refresh", frozen=True, kw_only=True):
    pass


# The header's `typ` tells the kinds apart as well, as RFC 8725, section 3.11 advises.
_TYPES: Mapping[type[_Claims], str] = {_AccessClaims: "at+jwt", _RefreshClaims: "rt+jwt"}

T = TypeVar("T", bound=_Claims)


class JwtAuthenticator:
    """Mints HS256 tokens with PyJWT and verifies them with quart-jwt-extended's `decode_token`.

    The library finds its settings in the current app, so it gets a private one, which serves nothing. It verifies
    signature, algorithm, issuer and audience. It also fills in claims that a token lacks, so every claim and header is
    checked before it does, in its `decode_key_loader`. Time is checked here, against the clock; an endless leeway turns
    the library's own checks off.

    A token that was verified once is remembered until it expires: the library takes 0.2 ms for one, a look-up 1 us.
    Whether its session was ended is asked every time.
    """

    def __init__(
        self,
        signing: SigningKeys,
        *,
        clock: Clock,
        is_revoked: Callable[[str], Awaitable[bool]],
        access_seconds: int = 900,
        issuer: str = "galley",
        audience: str = "galley",
        remembered: int = 4096,
    ) -> None:
        self._signing = signing
        self._clock = clock
        self._is_revoked = is_revoked
        self._access_seconds = access_seconds
        self._issuer = issuer
        self._audience = audience
        self._app = self._make_private_app()
        self._most_remembered = remembered
        self._remembered: dict[str, Principal] = {}

    def mint(self, user: User, session: Session) -> tuple[str, str]:
        """Return an access token and the refresh token that the session's `token_id` names."""
        issued = int(self._clock.now().timestamp())
        over = int(session.expires_at.timestamp())
        both: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user.id,
            "sid": session.id,
            "iat": issued,
            "nbf": issued,
        }
        access = both | {
            "type": "access",
            "jti": str(uuid.uuid4()),
            "exp": min(issued + self._access_seconds, over),
            "name": user.name,
            "roles": sorted(user.roles),
        }
        refresh = both | {"type": "refresh", "jti": session.token_id, "exp": over}
        return self._sign(access, _AccessClaims), self._sign(refresh, _RefreshClaims)

    async def verify(self, token: str) -> Principal:
        """Return who an access token speaks for; raises as the port says, and what `is_revoked` raises."""
        principal = self._remembered.get(token) or await self._read_access(token)
        if principal.expires_at <= self._clock.now():
            raise ExpiredTokenError(_EXPIRED)
        if await self._is_revoked(principal.session):
            raise RevokedTokenError("The token's session has ended; log in again.")
        return principal

    async def read_refresh(self, token: str) -> tuple[str, str]:
        """Return session id and token id of a refresh token; raises as the port says."""
        claims = await self._read(token, _RefreshClaims)
        return claims.sid, claims.jti

    async def _read_access(self, token: str) -> Principal:
        claims = await self._read(token, _AccessClaims)
        if claims.exp > self._clock.now().timestamp() + self._access_seconds + SKEW_SECONDS:
            raise InvalidTokenError(_NOT_OURS)
        principal = Principal(
            user_id=claims.sub,
            name=claims.name,
            roles=claims.roles,
            session=claims.sid,
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
        )
        if len(self._remembered) >= self._most_remembered:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = principal
        return principal

    async def _read(self, token: str, kind: type[T]) -> T:
        claims = await self._decode(token)
        if not isinstance(claims, kind):
            raise InvalidTokenError(_NOT_OURS)
        now = self._clock.now().timestamp()
        if max(claims.iat, claims.nbf) > now + SKEW_SECONDS:
            raise InvalidTokenError("The token is not valid yet; check the clocks of the machines.")
        if claims.exp <= now:
            raise ExpiredTokenError(_EXPIRED)
        return claims

    async def _decode(self, token: str) -> _Claims:
        # PyJWT passes over padding, with which one token has several spellings; RFC 7515, section 2 knows none.
        if len(token) > LONGEST_TOKEN or "=" in token:
            raise InvalidTokenError(_NOT_OURS)
        try:
            async with self._app.app_context():
                return _shape(decode_token(token))
        except (jwt.PyJWTError, JWTExtendedException, msgspec.ValidationError, UnicodeError):
            raise InvalidTokenError(_NOT_OURS) from None

    def _find_key(self, claims: dict[str, Any], header: dict[str, Any]) -> str:
        """Return the key to verify with; claims and header are as they stand in the token, and not verified yet."""
        kid = header.get("kid", "")
        if kid not in self._signing.keys or header != self._header(kid, type(_shape(claims))):
            raise jwt.InvalidTokenError("Not a header that we write.")
        return self._signing.keys[kid]

    def _sign(self, claims: dict[str, Any], kind: type[_Claims]) -> str:
        kid = self._signing.current
        return jwt.encode(claims, self._signing.keys[kid], _ALGORITHM, headers=self._header(kid, kind))

    def _header(self, kid: str, kind: type[_Claims]) -> dict[str, str]:
        return {"alg": _ALGORITHM, "typ": _TYPES[kind], "kid": kid}

    def _make_private_app(self) -> Quart:
        app = Quart(__name__, static_folder=None)
        app.config.update(
            JWT_ALGORITHM=_ALGORITHM,
            JWT_DECODE_ALGORITHMS=[_ALGORITHM],
            JWT_IDENTITY_CLAIM="sub",
            JWT_DECODE_ISSUER=self._issuer,
            JWT_DECODE_AUDIENCE=self._audience,
            JWT_DECODE_LEEWAY=math.inf,
        )
        JWTManager(app).decode_key_loader(self._find_key)
        return app


def _shape(claims: dict[str, Any]) -> _AccessClaims | _RefreshClaims:
    return msgspec.convert(claims, _AccessClaims | _RefreshClaims)
