"""Tokens of every kind: ours, and those that somebody might try instead."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.auth.jwt import JwtAuthenticator
from adapters.auth.keys import parse_keys
from adapters.clock import START, ManualClock
from domain.ports import Clock
from domain.user import Role, Session, User

KEY = "bTz1n0Wq8sYxK4vLr6dJ3hGfA9pEoCuI-kMnQwZtRyU"
OLD_KEY = "Zq7TgVb3yHnUj5mIk8oLp0aSwXeDcRfV-2rFv6tBgNh"
KEYS = parse_keys(f"{KEY}\n{OLD_KEY}")
OLD_KID = next(kid for kid in KEYS.keys if kid != KEYS.current)
NOW = int(START.timestamp())
ACCESS_SECONDS = 900

USER = User(
    id="6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    name="ada",
    password_hash="",
    roles=frozenset({Role.AUTHOR, Role.EDITOR}),
    created_at=START,
)
SESSION = Session(
    id="16fd2706-8baf-433b-82eb-8c7fada847da",
    user_id=USER.id,
    token_id="886313e1-3b8a-4372-9b90-0c9aee199e5d",
    expires_at=START + timedelta(days=30),
)
HEADER: Mapping[str, Any] = {"alg": "HS256", "kid": KEYS.current, "typ": "at+jwt"}
CLAIMS: Mapping[str, Any] = {
    "iss": "galley",
    "aud": "galley",
    "sub": USER.id,
    "sid": SESSION.id,
    "jti": "4d3c2b1a-0000-4000-8000-000000000000",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + ACCESS_SECONDS,
    "type": "access",
    "name": "ada",
    "roles": ["author", "editor"],
}
REFRESH: Mapping[str, Any] = {name: value for name, value in CLAIMS.items() if name not in ("name", "roles")} | {
    "type": "refresh",
    "jti": SESSION.token_id,
}
PEM = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"


def make_authenticator(
    clock: Clock | None = None, *, revoked: frozenset[str] | set[str] = frozenset()
) -> JwtAuthenticator:
    """Return an authenticator with the keys above; `revoked` holds the sessions that have ended."""

    async def is_revoked(session_id: str) -> bool:
        return session_id in revoked

    return JwtAuthenticator(KEYS, clock=clock or ManualClock(), is_revoked=is_revoked, access_seconds=ACCESS_SECONDS)


def encode(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: str, payload: str, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    """Sign two encoded parts."""
    return f"{header}.{payload}." + encode(hmac.new(key.encode(), f"{header}.{payload}".encode(), digest).digest())


def forge(
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    *,
    without: str = "",
    base: Mapping[str, Any] = CLAIMS,
    key: str = KEY,
    digest: Any = hashlib.sha256,
) -> str:
    """Make a token that is ours but for what is given; `without` names a claim or header to leave out."""
    parts = [dict(HEADER) | dict(header or {}), dict(base) | dict(claims or {})]
    for part in parts:
        part.pop(without, None)
    return sign(*(encode(json.dumps(part).encode()) for part in parts), key=key, digest=digest)


def _resign(token: str, signature: str) -> str:
    return token.rpartition(".")[0] + "." + signature


def _forge_text(payload: str) -> str:
    return sign(encode(json.dumps(dict(HEADER)).encode()), encode(payload.encode()))


GOOD = forge()
REFRESH_HEADER = {"typ": "rt+jwt"}
NOT_OURS: Mapping[str, str] = {
    "alg none, no signature": _resign(forge(header={"alg": "none"}), ""),
    "alg none, still signed": forge(header={"alg": "none"}),
    "alg None": _resign(forge(header={"alg": "None"}), ""),
    "alg NONE": _resign(forge(header={"alg": "NONE"}), ""),
    "alg empty": forge(header={"alg": ""}),
    "alg null": forge(header={"alg": None}),
    "alg missing": forge(without="alg"),
    "alg a list": forge(header={"alg": ["HS256"]}),
    "alg in lower case": forge(header={"alg": "hs256"}),
    "alg HS512, signed so": forge(header={"alg": "HS512"}, digest=hashlib.sha512),
    "alg RS256, signed as HMAC": forge(header={"alg": "RS256"}),
    "HMAC keyed with a public key": forge(header={"alg": "HS256"}, key=PEM),
    "alg RS256, keyed with a public key": forge(header={"alg": "RS256"}, key=PEM),
    "alg ES256 with a zero signature": _resign(forge(header={"alg": "ES256"}), encode(bytes(64))),
    "empty signature": _resign(GOOD, ""),
    "signature of zeroes": _resign(GOOD, encode(bytes(32))),
    "cut signature": GOOD[:-8],
    "longer signature": GOOD + "AAAA",
    "another key": forge(key=OLD_KEY[::-1]),
    "the old key under the current kid": forge(key=OLD_KEY),
    "the current key under the old kid": forge(header={"kid": OLD_KID}),
    "an empty key": forge(key=""),
    "kid missing": forge(without="kid"),
    "kid unknown": forge(header={"kid": "deadbeef"}),
    "kid a path": forge(header={"kid": "../../../../dev/null"}, key=""),
    "kid SQL": forge(header={"kid": "x' UNION SELECT 'k' --"}, key="k"),
    "kid a number": forge(header={"kid": 1}),
    "kid a list": forge(header={"kid": [KEYS.current]}),
    "jku": forge(header={"jku": "https://evil.example/jwks.json"}),
    "x5u": forge(header={"x5u": "https://evil.example/cert.pem"}),
    "x5c": forge(header={"x5c": ["MIIB"]}),
    "jwk": forge(header={"jwk": {"kty": "oct", "k": encode(b"k" * 32)}}, key="k" * 32),
    "crit of an unknown name": forge(header={"crit": ["exp"], "exp": 1}),
    "crit empty": forge(header={"crit": []}),
    "crit b64": forge(header={"crit": ["b64"], "b64": True}),
    "b64 false": forge(header={"crit": ["b64"], "b64": False}),
    "zip": forge(header={"zip": "DEF"}),
    "cty nested": forge(header={"cty": "JWT"}),
    "typ missing": forge(without="typ"),
    "typ JWT": forge(header={"typ": "JWT"}),
    "typ of a refresh token": forge(header=REFRESH_HEADER),
    "a refresh token": forge(header=REFRESH_HEADER, base=REFRESH),
    "a refresh token with an access token's typ": forge(base=REFRESH),
    "a refresh token with name and roles": forge({"type": "refresh"}, REFRESH_HEADER),
    "type unknown": forge({"type": "id"}),
    "type null": forge({"type": None}),
    "iss another": forge({"iss": "https://evil.example"}),
    "iss null": forge({"iss": None}),
    "iss a list": forge({"iss": ["galley"]}),
    "aud another": forge({"aud": "other"}),
    "aud a list with ours": forge({"aud": ["other", "galley"]}),
    "aud null": forge({"aud": None}),
    "sub empty": forge({"sub": ""}),
    "sub a number": forge({"sub": 1}),
    "jti null": forge({"jti": None}),
    "sid empty": forge({"sid": ""}),
    "roles a string": forge({"roles": "admin"}),
    "roles unknown": forge({"roles": ["root"]}),
    "roles null": forge({"roles": None}),
    "name a number": forge({"name": 7}),
    "exp null": forge({"exp": None}),
    "exp a float": forge({"exp": NOW + 60.0}),
    "exp a string": forge({"exp": str(NOW + 60)}),
    "exp true": forge({"exp": True}),
    "exp negative": forge({"exp": -1}),
    "exp farther than we give": forge({"exp": NOW + ACCESS_SECONDS + 61}),
    "exp beyond every calendar": forge({"exp": 10**30}),
    "exp infinite": _forge_text(json.dumps(dict(CLAIMS)).replace(str(NOW + ACCESS_SECONDS), "Infinity")),
    "exp of 5000 digits": _forge_text(json.dumps(dict(CLAIMS)).replace(str(NOW + ACCESS_SECONDS), "9" * 5000)),
    "nbf in the future": forge({"nbf": NOW + 61}),
    "nbf a float": forge({"nbf": NOW + 0.5}),
    "nbf a string": forge({"nbf": str(NOW)}),
    "iat in the future": forge({"iat": NOW + 61}),
    "iat negative": forge({"iat": -1}),
    "iat an object": forge({"iat": {}}),
    "payload a list": _forge_text("[]"),
    "payload a string": _forge_text('"admin"'),
    "payload not JSON": _forge_text("{"),
    "payload empty": _forge_text(""),
    "payload nested deep": _forge_text("[" * 4000),
    "header not JSON": sign(encode(b"{"), encode(json.dumps(dict(CLAIMS)).encode())),
    "header a list": sign(encode(b"[]"), encode(json.dumps(dict(CLAIMS)).encode())),
    "four parts": GOOD + ".AAAA",
    "two parts": GOOD.rpartition(".")[0],
    "padded": GOOD + "=",
    "with a line break": GOOD + "\n",
    "with a space before": " " + GOOD,
    "plain base64": GOOD[:-1] + "+",
    "nothing": "",
    "dots": "..",
    "not ASCII": "é.é.é",
    "half of a surrogate pair": "\ud800.a.b",
    "too long": forge({"name": "a" * 8192}),
} | {f"{claim} missing": forge(without=claim) for claim in CLAIMS}
