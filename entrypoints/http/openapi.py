"""GET /openapi.json: the API as OpenAPI 3.1, made from the routes and their types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from quart import Blueprint, Quart, Response, current_app
from werkzeug.routing import Rule

from entrypoints.http.answers import answer_bytes
from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Access, Answer, Frames, Operation, find_operation, json_of, operation
from entrypoints.http.schemas import Schema, describe_frames, make_schemas, refer

blueprint = Blueprint("openapi", __name__)

_TEXT: Schema = {"type": "string"}
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "Idempotency-Key": ("A repeated request with the same key stands for the same run.", {**_TEXT, "maxLength": 255}),
    "Prefer": ("`respond-async` and `wait=<seconds>` (RFC 7240).", _TEXT),
    "Last-Event-ID": ("The id of the last event that was seen.", _TEXT),
    "traceparent": ("W3C trace context; its trace id becomes the run's.", _TEXT),
    "Location": ("Where to go on.", _TEXT),
    "Content-Location": ("The run.", _TEXT),
    "X-Run-Id": ("The run's id.", _TEXT),
    "Content-Disposition": ("The file's name (RFC 6266).", _TEXT),
    "Mcp-Session-Id": ("The session of the protocol versions that have one: as `initialize` answered it.", _TEXT),
    "MCP-Protocol-Version": ("The version that the client speaks.", _TEXT),
    "x-vercel-ai-ui-message-stream": ("The version of the UI message stream.", {"const": "v1"}),
    "Set-Cookie": ("The refresh token, where it was asked for as a cookie.", _TEXT),
}
_PATH_FIELDS: Mapping[str, Schema] = {"run_id": {"type": "string", "format": "uuid"}}
_SECURITY: Mapping[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.USER: [{"bearer": []}],
    Access.TICKET: [{"bearer": []}, {"ticket": []}],
    Access.EDITOR: [{"bearer": []}],
    Access.ADMIN: [{"bearer": []}],
    Access.METRICS: [{"bearer": []}],
}
_SCHEMES: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "For one run, for 30 seconds."},
}
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([a-z_]+)>")


@blueprint.get("/openapi.json")
@operation(
    Operation(
        summary="Describe this API",
        tag="operation",
        access=Access.PUBLIC,
        answers={200: json_of({"type": "object"}, "An OpenAPI 3.1 document.")},
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
    schemas, components = make_schemas(kind for _, described in routes for kind in _types(described))
    paths: dict[str, dict[str, Any]] = {}
    for rule, described in routes:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = _VARIABLE.sub(r"{\1}", rule.rule)
            paths.setdefault(path, {})[method.lower()] = _describe(rule, described, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Galley", "version": version, "description": _ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": _SCHEMES},
    }


def _rules(app: Quart) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if not rule.websocket)


def _types(described: Operation) -> Iterator[Any]:
    yield from (kind for kind in (described.request, described.query) if kind is not None)
    for one in described.answers.values():
        bodies = (body.data if isinstance(body, Frames) else body for body in one.content.values())
        yield from (body for body in bodies if not isinstance(body, str | dict))


def _describe(
    rule: Rule, described: Operation, schemas: Mapping[Any, Schema], components: Mapping[str, Schema]
) -> dict[str, Any]:
    parameters = [
        *_path_parameters(rule),
        *_query_parameters(described, components),
        *_header_parameters(described),
    ]
    body = {}
    if described.request is not None:
        content = {media_type: {"schema": schemas[described.request]} for media_type in described.request_types}
        body = {"requestBody": {"required": not described.is_request_optional, "content": content}}
    return {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": described.summary,
        "tags": [described.tag],
        "security": _SECURITY[described.access],
        "x-access": described.access.value,
        "parameters": parameters,
        **body,
        "responses": {
            **{str(status): _answer(one, schemas) for status, one in described.answers.items()},
            **{
                str(status): _problem(status)
                for status in sorted(_problem_statuses(described) - set(described.answers))
            },
        },
    }


def _problem_statuses(described: Operation) -> set[int]:
    implied = {
        Access.PUBLIC: set[int](),
        Access.USER: {401, 429},
        Access.TICKET: {401, 429},
        Access.EDITOR: {401, 403, 429},
        Access.ADMIN: {401, 403, 429},
        Access.METRICS: {401, 403, 429},
    }
    return implied[described.access] | set(described.problems)


def _path_parameters(rule: Rule) -> Iterator[Schema]:
    for name in _VARIABLE.findall(rule.rule):
        yield {"name": name, "in": "path", "required": True, "schema": _PATH_FIELDS.get(name, _TEXT)}


def _query_parameters(described: Operation, components: Mapping[str, Schema]) -> Iterator[Schema]:
    if described.query is not None:
        for name, schema in components[described.query.__name__]["properties"].items():
            yield {"name": name, "in": "query", "schema": schema}


def _header_parameters(described: Operation) -> Iterator[Schema]:
    for name in described.headers:
        meaning, schema = HEADERS[name]
        yield {"name": name, "in": "header", "description": meaning, "schema": schema}


def _answer(one: Answer, schemas: Mapping[Any, Schema]) -> Schema:
    made: Schema = {"description": one.meaning}
    if one.content:
        made["content"] = {kind: {"schema": _schema_of(body, schemas)} for kind, body in one.content.items()}
    if one.headers:
        made["headers"] = {name: {"description": HEADERS[name][0], "schema": HEADERS[name][1]} for name in one.headers}
    return made


def _schema_of(body: Any, schemas: Mapping[Any, Schema]) -> Schema:
    match body:
        case str():
            return refer(body)
        case dict():
            return body
        case Frames():
            return describe_frames(body.meaning, schemas[body.data], last=body.last)
        case _:
            return schemas[body]


def _problem(status: int) -> Schema:
    content = {"application/problem+json": {"schema": refer("Problem")}}
    return {"description": HTTPStatus(status).phrase, "content": content}


_ABOUT = (
    "Turns a prompt set and a few inputs into content that has passed its checks, and shows every step as it happens. "
    "Failures before the first byte of an answer are problems (RFC 9457); after it they are events."
)
