"""GET /openapi.json: the API as OpenAPI 3.1, made from the routes and their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from quart import Blueprint, Quart, Response, current_app
from werkzeug.routing import Rule

from entrypoints.http.answers import answer_bytes
from entrypoints.http.authenticate import current_services
from entrypoints.http.description import (
    Describer,
    Words,
    name_of,
    path_of,
    path_parameters,
    statuses_of,
)
from entrypoints.http.operation import Access, Frames, Operation, find_operation, json_of, operation
from entrypoints.http.problem_description import describe_problem, problem_name
from entrypoints.http.schemas import Schema, make_schemas

blueprint = Blueprint("openapi", __name__)

_TEXT: Schema = {"type": "string"}
_SECONDS: Schema = {"type": "integer", "minimum": 0}
HEADERS: Words = {
    "Idempotency-Key": (
        "A repeated request with the same key stands for the same run.",
        {**_TEXT, "pattern": "^[!-~]{1,255}$"},
    ),
    "Prefer": ("`respond-async` and `wait=<seconds>` (RFC 7240).", {**_TEXT, "examples": ["wait=5"]}),
    "Last-Event-ID": ("The id of the last event that was seen.", _TEXT),
    "traceparent": ("W3C trace context; its trace id becomes the run's.", _TEXT),
    "Origin": ("With the cookie it has to be the service's own: no other page may use it.", _TEXT),
    "If-None-Match": ("The ETag of what the client has.", _TEXT),
    "Range": ("Which part of the file to send (RFC 9110, section 14).", _TEXT),
    "Location": ("Where to go on.", _TEXT),
    "Content-Location": ("The run.", _TEXT),
    "Content-Range": ("Which part of the file it is, or how long the file is.", _TEXT),
    "Preference-Applied": ("What of `Prefer` was done.", _TEXT),
    "Retry-After": ("After how many seconds to ask again.", _SECONDS),
    "WWW-Authenticate": ("RFC 6750's challenge.", _TEXT),
    "X-Run-Id": ("The run's id.", {"type": "string", "format": "uuid"}),
    "X-Accel-Buffering": ("`no`: tells proxies to pass on each event at once.", _TEXT),
    "Cache-Control": ("How long it may be kept; where it does not say, `no-store`.", _TEXT),
    "ETag": ("Names the file's content.", _TEXT),
    "Content-Disposition": ("The file's name (RFC 6266).", _TEXT),
    "Mcp-Session-Id": ("The session of the protocol versions that have one: as `initialize` answered it.", _TEXT),
    "MCP-Protocol-Version": ("The version that the client speaks.", _TEXT),
    "x-vercel-ai-ui-message-stream": ("The version of the UI message stream.", {"const": "v1"}),
    "Set-Cookie": ("The refresh token, where it was asked for as a cookie.", _TEXT),
}
COOKIES: Words = {"galley_refresh": ("The refresh token, where a log-in set it.", {**_TEXT, "minLength": 1})}
_TAGS = {
    "runs": "Starting runs, and what can be done with one that exists.",
    "events": "Every step of a run as it happens, and again afterwards.",
    "protocols": "The same runs for clients that speak something else.",
    "prompts": "Prompt sets, their versions and what they may be written with.",
    "auth": "Logging in and out.",
    "operation": "For whoever runs the service.",
    "page": "The page in a browser.",
}
_SCHEMES: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "For one run, for 30 seconds."},
}


@blueprint.get("/openapi.json")
@operation(
    Operation(
        summary="Describe this API",
        tag="operation",
        access=Access.PUBLIC,
        answers={200: json_of({"type": "object"}, "An OpenAPI 3.1 document.", headers=("Cache-Control",))},
    )
)
async def show_description() -> Response:
    """Answer with the description of the app that answers."""
    described = describe_api(current_app, version=current_services().version)
    return answer_bytes(msgspec.json.encode(described), headers={"Cache-Control": "no-cache"})


def describe_api(app: Quart, *, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of every route of the app, web sockets aside.

    Raises:
        LookupError: A route has no operation.
    """
    routes = [(rule, find_operation(app, rule.endpoint)) for rule in _rules(app)]
    schemas, components = make_schemas(kind for _, told in routes for kind in _types(told))
    describer = Describer(
        headers=HEADERS,
        cookies=COOKIES,
        schemas=schemas,
        components=components,
        run_operations=tuple(sorted(name_of(rule) for rule, _ in routes if _is_about_a_run(rule))),
    )
    paths: dict[str, dict[str, Any]] = {}
    for rule, told in routes:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            described = describer.describe(rule, told, app.view_functions[rule.endpoint].__doc__)
            paths.setdefault(path_of(rule), {})[method.lower()] = described
    problems = {status for rule, told in routes for status in statuses_of(rule, told)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Galley", "version": version, "description": _ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": app.extensions["galley"].public_path or "/"}],
        "tags": [{"name": name, "description": _TAGS[name]} for name in _TAGS] + _more_tags(routes),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "responses": {problem_name(status): describe_problem(status, HEADERS) for status in sorted(problems)},
            "securitySchemes": _SCHEMES,
        },
    }


def _rules(app: Quart) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if not rule.websocket)


def _is_about_a_run(rule: Rule) -> bool:
    return [parameter["name"] for parameter in path_parameters(rule)] == ["run_id"]


def _types(told: Operation) -> Iterator[Any]:
    yield from (kind for kind in (told.request, told.query) if kind is not None)
    for one in told.answers.values():
        bodies = (body.data if isinstance(body, Frames) else body for body in one.content.values())
        yield from (body for body in bodies if not isinstance(body, str | dict))


def _more_tags(routes: list[tuple[Rule, Operation]]) -> list[Mapping[str, str]]:
    return [{"name": name} for name in sorted({told.tag for _, told in routes} - _TAGS.keys())]


_ABOUT = (
    "Turns a prompt set and a few inputs into content that has passed its checks, and shows every step as it happens. "
    "Failures before the first byte of an answer are problems (RFC 9457); after it they are events. A method that an "
    "address does not know is 405, with `Allow`; what is no HTTP/1.1 at all is 400 or 505, without a body. There is "
    "one more way in, which OpenAPI has no words for: the WebSocket `/ws`."
)
