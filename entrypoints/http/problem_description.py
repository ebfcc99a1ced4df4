"""Problems in OpenAPI's words: which statuses a route may answer with one, and what each of them looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from entrypoints.http.operation import Access, Operation
from entrypoints.http.schemas import Schema, refer

_BY_ACCESS: Mapping[Access, frozenset[int]] = {
    Access.PUBLIC: frozenset(),
    Access.USER: frozenset({401, 429, 503}),
    Access.TICKET: frozenset({401, 429, 503}),
    Access.EDITOR: frozenset({401, 403, 429, 503}),
    Access.ADMIN: frozenset({401, 403, 429, 503}),
    Access.METRICS: frozenset({401, 403, 429, 503}),
}
_WITH_BODY = frozenset({400, 408, 413, 415, 422})
_ALWAYS = frozenset({414, 431, 500})
_BARE = {
    414: "The request line is longer than 8 KiB.",
    431: "There are more than 100 headers, or they are longer than 32 KiB.",
}
"""What is refused before anybody has looked for a route, and therefore without a body."""

_CODES = {
    400: "bad_request",
    401: "missing_token",
    403: "forbidden",
    404: "not_found",
    406: "not_acceptable",
    408: "request_timeout",
    409: "run_live",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    500: "internal",
    502: "provider_refused",
    503: "store_unavailable",
    504: "limit_reached",
}
"""For each status the code of one problem that has it."""

_REQUIRED = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_OPTIONAL = {409: ("X-Run-Id",), 502: ("X-Run-Id",), 503: ("X-Run-Id", "Location"), 504: ("X-Run-Id",)}
"""Headers of problems: those that one always has, and those that it may have."""


def problem_statuses(told: Operation, *, has_variables: bool) -> frozenset[int]:
    """Return the statuses of every problem that a route may answer; its path may have variables."""
    statuses = _ALWAYS | _BY_ACCESS[told.access] | frozenset(told.problems)
    if told.request is not None:
        statuses |= _WITH_BODY
    if told.query is not None:
        statuses |= {422}
    return statuses | {404} if has_variables else statuses


def problem_name(status: int) -> str:
    """Return the name of the component that a problem of that status is."""
    return re.sub(r"[^A-Za-z]", "", HTTPStatus(status).phrase.title())


def refer_to_problem(status: int) -> Schema:
    """Return a reference to that component."""
    return {"$ref": f"#/components/responses/{problem_name(status)}"}


def describe_problem(status: int, headers: Mapping[str, tuple[str, Schema]]) -> Schema:
    """Return the answer that a problem of that status is; `headers` say what each header means."""
    if status in _BARE:
        return {"description": _BARE[status]}
    phrase = HTTPStatus(status).phrase
    media: Schema = {"schema": refer("Problem")}
    if status in _CODES:
        said = {"code": _CODES[status], "detail": "What happened, and what to do."}
        media["example"] = {"type": "about:blank", "title": phrase, "status": status, **said}
    told: Schema = {}
    for names, more in ((_REQUIRED, {"required": True}), (_OPTIONAL, {})):
        for name in names.get(status, ()):
            meaning, schema = headers[name]
            told[name] = {"description": meaning, "schema": schema, **more}
    made: Schema = {"description": phrase, "content": {"application/problem+json": media}}
    return {**made, "headers": told} if told else made
