"""Events and records as types: what the service writes is read whole, and what a newer one adds does no harm."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from galley_client import ProtocolError, UnknownEvent, events, records
from galley_client.events import EVENT_CLASSES, TextGrew, decode_event
from tests.clients_python.frames import RUN, make_data
from tests.entrypoints.description import DESCRIPTION_FILE
from tests.golden import EVENTS_FILE

SCHEMAS: dict[str, Any] = json.loads(DESCRIPTION_FILE.read_bytes())["components"]["schemas"]
OWN_NAMES = {"Model": "ModelDescription", "RunPage": "RunList"}
STRUCTS = [
    kind
    for module in (events, records)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
]
DESCRIBED = [kind for kind in STRUCTS if kind.__name__ not in ("RunEvent", "UnknownEvent", "Reset")]


@pytest.mark.parametrize("line", EVENTS_FILE.read_text().rstrip("\n").split("\n"))
def test_every_event_that_the_service_writes_is_read_whole(line: str) -> None:
    written = json.loads(line)

    event = decode_event(written["type"], line.encode(), event_id="cursor")

    told = {name: value for name, value in msgspec.to_builtins(event).items() if not name.startswith("galley_client.")}
    assert type(event) is EVENT_CLASSES[written["type"]]
    assert (event.id, event.raw) == ("cursor", line.encode())  # type: ignore[union-attr]
    assert _without_nulls(told) == _without_nulls(written | {"time": told["time"]})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.__name__)
def test_every_type_has_the_fields_that_the_api_describes(kind: type[msgspec.Struct]) -> None:
    described = SCHEMAS[OWN_NAMES.get(kind.__name__, kind.__name__)]["properties"]

    fields = {field.encode_name for field in msgspec.structs.fields(kind)}
    assert fields - {"galley_client.id", "galley_client.raw"} == set(described)


def test_every_event_of_the_api_has_a_type() -> None:
    described = {schema["$ref"].rpartition("/")[2] for schema in SCHEMAS["Event"]["oneOf"]}

    assert described == {kind.__name__ for kind in EVENT_CLASSES.values()}


def test_an_unknown_event_passes_through_with_all_of_its_data() -> None:
    data = make_data(7, "applause", hands=2).encode()

    event = decode_event("applause", data, event_id="c")

    assert event == UnknownEvent(
        type="applause", run_id=RUN, seq=7, time=datetime(2026, 1, 1, tzinfo=UTC), id="c", raw=data
    )


def test_an_unknown_field_does_no_harm() -> None:
    data = make_data(3, "delta", stage="essay", attempt=1, text="Tea", offset=0, raw=5, id=6, mood="good").encode()

    event = decode_event("delta", data, event_id="c")

    assert isinstance(event, TextGrew)
    assert (event.text, event.stage, event.id) == ("Tea", "essay", "c")


def test_an_event_shows_itself_without_its_raw_data() -> None:
    shown = repr(decode_event("cancelled", make_data(3, "cancelled", message="Off.").encode()))

    assert shown.startswith(f"RunCancelled(type='cancelled', run_id='{RUN}', seq=3, time=")
    assert "raw" not in shown


@pytest.mark.parametrize("data", [b"[]", b"{", b"{}", make_data(3, "delta").encode()])
def test_what_no_galley_writes_is_an_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_event("delta", data)


def test_an_event_is_frozen() -> None:
    event = decode_event("cancelled", make_data(3, "cancelled").encode())

    with pytest.raises(AttributeError):
        event.message = "No."  # type: ignore[union-attr,misc]
