"""What a route is: who may use it, what goes in and what comes out; enforced and described from the one source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from attrs import field, frozen
from quart import Quart

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, Awaitable[R]]


class Access(Enum):
    """Who may use a route."""

    PUBLIC = "public"
    USER = "user"
    TICKET = "ticket"
    """A user, or whoever holds a ticket for the run in the path."""
    EDITOR = "editor"
    ADMIN = "admin"
    METRICS = "metrics"
    """An admin, or whoever holds the operator's METRICS_TOKEN."""


@frozen(kw_only=True)
class Frames:
    """A body of server-sent events: what one of them is, and the type, a union, of the JSON that is its `data`.

    `last` is what stands there instead in the last one, where the protocol has such an end.
    """

    meaning: str
    data: Any
    last: str | None = None


@frozen
class Link:
    """What can be asked next with something of an answer.

    `operation` is the name of a view, `parameters` maps the names of its parameters to runtime expressions (OpenAPI
    3.1, section 4.8.20.4).
    """

    operation: str
    parameters: Mapping[str, str]


@frozen(kw_only=True)
class Answer:
    """One answer of a route: what it means and its body by media type.

    A body is a type, a schema or the name of one where it is text, or `Frames`. `headers` names those of
    `openapi.HEADERS` that it carries. One with X-Run-Id is linked to every route of a run without being told to.
    """

    meaning: str
    content: Mapping[str, Any] = field(factory=dict)
    headers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


def json_of(body: Any, meaning: str, *, headers: tuple[str, ...] = (), links: tuple[Link, ...] = ()) -> Answer:
    """Describe an answer in JSON."""
    return Answer(meaning=meaning, content={"application/json": body}, headers=headers, links=links)


@frozen(kw_only=True)
class Operation:
    """A route; `problems` are the statuses of its problem answers besides those that the rest of it implies.

    `query` is a Struct of its query's parameters, `headers` and `cookies` name those of `openapi.HEADERS` and
    `openapi.COOKIES` that it reads. `examples` are bodies that are taken as they are, by name.
    """

    summary: str
    tag: str
    access: Access = Access.USER
    request: type | None = None
    request_types: tuple[str, ...] = ("application/json",)
    is_request_optional: bool = False
    examples: Mapping[str, Any] = field(factory=dict)
    query: type | None = None
    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    answers: Mapping[int, Answer]
    problems: tuple[int, ...] = ()


_ATTRIBUTE = "galley_operation"


def operation(described: Operation) -> Callable[[View[P, R]], View[P, R]]:
    """Mark a view as that operation."""

    def mark(view: View[P, R]) -> View[P, R]:
        setattr(view, _ATTRIBUTE, described)
        return view

    return mark


def find_operation(app: Quart, endpoint: str) -> Operation:
    """Return what the route of an endpoint is.

    Raises:
        LookupError: Nobody said; such a route is never served.
    """
    found: Operation | None = getattr(app.view_functions[endpoint], _ATTRIBUTE, None)
    if found is None:
        raise LookupError(f"the route {endpoint} says neither who may use it nor what it answers")
    return found
