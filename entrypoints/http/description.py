"""One operation in OpenAPI's words: its parameters, its body, everything that it may answer, and what to ask then."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from werkzeug.routing import Rule

from entrypoints.http.operation import Access, Answer, Frames, Operation
from entrypoints.http.problem_description import problem_statuses, refer_to_problem
from entrypoints.http.schemas import Schema, describe_frames, refer

Words = Mapping[str, tuple[str, Schema]]
"""What headers or cookies mean, and the schemas of their values."""

_TEXT: Schema = {"type": "string"}
_PATH_FIELDS: Mapping[str, Schema] = {"run_id": {"type": "string", "format": "uuid"}}
_VARIABLE = re.compile(r"<(?:(?P<kind>[^:<>]+):)?(?P<name>[a-z_]+)>")
_CHOICES = re.compile(r'"([^"]+)"')

_SECURITY: Mapping[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.USER: [{"bearer": []}],
    Access.TICKET: [{"bearer": []}, {"ticket": []}],
    Access.EDITOR: [{"bearer": []}],
    Access.ADMIN: [{"bearer": []}],
    Access.METRICS: [{"bearer": []}],
}


@frozen(kw_only=True)
class Describer:
    """Describes operations; `run_operations` are those about one run, by the name of their view."""

    headers: Words
    cookies: Words
    schemas: Mapping[Any, Schema]
    components: Mapping[str, Schema]
    run_operations: tuple[str, ...]

    def describe(self, rule: Rule, told: Operation, meaning: str | None) -> dict[str, Any]:
        """Return the operation of a route; `meaning` is its view's docstring."""
        problems = sorted(statuses_of(rule, told) - told.answers.keys())
        return {
            "operationId": name_of(rule),
            "summary": told.summary,
            "description": _first_part(meaning),
            "tags": [told.tag],
            "security": _SECURITY[told.access],
            "x-access": told.access.value,
            "parameters": [*path_parameters(rule), *self._query(told), *self._fields(told)],
            **self._body(told),
            "responses": {
                **{str(status): self._answer(one) for status, one in told.answers.items()},
                **{str(status): refer_to_problem(status) for status in problems},
            },
        }

    def _query(self, told: Operation) -> Iterator[Schema]:
        if told.query is not None:
            for name, schema in self.components[told.query.__name__]["properties"].items():
                meaning = {"description": schema["description"]} if "description" in schema else {}
                yield {"name": name, "in": "query", **meaning, "schema": _without_null(schema)}

    def _fields(self, told: Operation) -> Iterator[Schema]:
        for place, words, names in (("header", self.headers, told.headers), ("cookie", self.cookies, told.cookies)):
            for name in names:
                meaning, schema = words[name]
                yield {"name": name, "in": place, "description": meaning, "schema": schema}

    def _body(self, told: Operation) -> Schema:
        if told.request is None:
            return {}
        media: Schema = {"schema": self.schemas[told.request]}
        if told.examples:
            media["examples"] = {name: {"value": value} for name, value in told.examples.items()}
        required = not told.is_request_optional
        return {"requestBody": {"required": required, "content": dict.fromkeys(told.request_types, media)}}

    def _answer(self, one: Answer) -> Schema:
        made: Schema = {"description": one.meaning}
        if one.content:
            made["content"] = {kind: {"schema": self._schema_of(body)} for kind, body in one.content.items()}
        if one.headers:
            made["headers"] = {name: self._header(name) for name in one.headers}
        if links := dict(self._links(one)):
            made["links"] = links
        return made

    def _links(self, one: Answer) -> Iterator[tuple[str, Schema]]:
        for link in one.links:
            yield link.operation, {"operationId": link.operation, "parameters": dict(link.parameters)}
        if "X-Run-Id" in one.headers:
            for name in self.run_operations:
                yield name, {"operationId": name, "parameters": {"run_id": "$response.header.X-Run-Id"}}

    def _header(self, name: str) -> Schema:
        meaning, schema = self.headers[name]
        return {"description": meaning, "schema": schema}

    def _schema_of(self, body: Any) -> Schema:
        match body:
            case str():
                return refer(body)
            case dict():
                return body
            case Frames():
                return describe_frames(body.meaning, self.schemas[body.data], last=body.last)
            case _:
                return self.schemas[body]


def name_of(rule: Rule) -> str:
    """Return the name of a route's view."""
    return str(rule.endpoint).rpartition(".")[2]


def path_of(rule: Rule) -> str:
    """Return a route's path as OpenAPI writes it."""
    return _VARIABLE.sub(r"{\g<name>}", rule.rule)


def statuses_of(rule: Rule, told: Operation) -> frozenset[int]:
    """Return the statuses of every problem that a route may answer."""
    return problem_statuses(told, has_variables=_VARIABLE.search(rule.rule) is not None)


def path_parameters(rule: Rule) -> Iterator[Schema]:
    """Yield the parameters in a route's path; one that has only a few values lists them."""
    for found in _VARIABLE.finditer(rule.rule):
        name, choices = found["name"], _CHOICES.findall(found["kind"] or "")
        schema = {**_TEXT, "enum": choices} if choices else _PATH_FIELDS.get(name, _TEXT)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _first_part(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "").partition("\n\nRaises:")[0]


def _without_null(schema: Schema) -> Schema:
    """A parameter that has no value is left out: nothing in an address is null."""
    rest = {name: value for name, value in schema.items() if name != "description"}
    kinds = [kind for kind in rest.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == len(rest.get("anyOf", ())):
        return rest
    del rest["anyOf"]
    if rest.get("default", 0) is None:
        del rest["default"]
    return {**rest, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})}
