"""Query strings into typed requests, as strict as bodies are."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields
from quart import request

from domain.errors import Fault, InvalidRequestError
from entrypoints.http.shape import locate_fault

T = TypeVar("T", bound=Struct)


def read_query(query_type: type[T]) -> T:
    """Read the query string as `query_type`; a field that is a list may be repeated, others may not.

    Raises:
        InvalidRequestError: A parameter is unknown, repeated, or of another form; pointers are /<name>.
    """
    lists = {field.encode_name for field in fields(query_type) if isinstance(field.default_factory, type)}
    given: dict[str, str | list[str]] = {}
    for name, values in request.args.lists():
        if name not in lists and len(values) > 1:
            raise InvalidRequestError(_WRONG, (Fault(pointer=f"/{name}", message="is given more than once"),))
        given[name] = values if name in lists else values[0]
    try:
        _refuse_nulls(given, query_type)
        return convert(given, query_type, strict=False)
    except ValidationError as error:
        raise InvalidRequestError(_WRONG, (locate_fault(str(error)),)) from None


def _refuse_nulls(given: dict[str, Any], query_type: type[Struct]) -> None:
    """Take the word `null` for a text, as everything in an address is one.

    Raises:
        ValidationError: The parameter is no text.
    """
    words = {name: value for name, value in given.items() if isinstance(value, str) and value.lower() == "null"}
    if words:
        convert(words, query_type)


_WRONG = "The address's query has a fault."
