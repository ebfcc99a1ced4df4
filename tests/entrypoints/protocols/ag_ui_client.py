"""An AG-UI client in few words: what @ag-ui/client 1.0 keeps of events, and the laws that its verifyEvents holds."""

from __future__ import annotations

from typing import Any

import msgspec
from attrs import define, field

from entrypoints.http.protocols.ag_ui_events import AgUiEvent
from tests.e2e.rig.sse_reader import SseReader


class LawError(Exception):
    """Events came in an order that the client does not take."""


@define
class AgUiClient:
    """Its messages and state outlive streams; what is open does not."""

    messages: list[dict[str, Any]] = field(factory=list)
    state: Any = field(factory=dict)
    last_id: str | None = None
    customs: list[tuple[str, Any]] = field(factory=list)
    types: list[str] = field(factory=list)
    end: dict[str, Any] | None = None
    _writing: set[str] = field(factory=set)
    _steps: set[str] = field(factory=set)

    def read(self, data: bytes) -> None:
        """Read one stream from its beginning, as far as it came."""
        self.types, self._writing, self._steps = [], set(), set()
        reader = SseReader()
        for frame in reader.feed(data):
            event = msgspec.json.decode(frame.data)
            msgspec.convert(event, AgUiEvent)
            self._take(event)
            self.last_id = frame.id or self.last_id
        assert reader.faults == []

    def text_of(self, message_id: str) -> str | None:
        return next((message["content"] for message in self.messages if message["id"] == message_id), None)

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if (not self.types) != (kind == "RUN_STARTED") or self.end is not None:
            raise LawError(f"{kind} after {self.types[-1:]}")
        self.types.append(kind)
        getattr(self, f"_{kind.lower()}")(event)

    def _run_started(self, event: dict[str, Any]) -> None:
        assert {"threadId", "runId"} <= event.keys()

    def _run_finished(self, event: dict[str, Any]) -> None:
        if self._writing or self._steps:
            raise LawError(f"RUN_FINISHED with {self._writing | self._steps} open")
        self.end = event

    def _run_error(self, event: dict[str, Any]) -> None:
        self.end = event

    def _step_started(self, event: dict[str, Any]) -> None:
        if event["stepName"] in self._steps:
            raise LawError(f"step {event['stepName']} is open")
        self._steps.add(event["stepName"])

    def _step_finished(self, event: dict[str, Any]) -> None:
        if event["stepName"] not in self._steps:
            raise LawError(f"step {event['stepName']} is not open")
        self._steps.remove(event["stepName"])

    def _text_message_start(self, event: dict[str, Any]) -> None:
        if event["messageId"] in self._writing:
            raise LawError(f"message {event['messageId']} is open")
        self._writing.add(event["messageId"])
        if self.text_of(event["messageId"]) is None:
            self.messages.append({"id": event["messageId"], "role": event["role"], "content": ""})

    def _text_message_content(self, event: dict[str, Any]) -> None:
        self._require_open(event)
        (message,) = [message for message in self.messages if message["id"] == event["messageId"]]
        message["content"] += event["delta"]

    def _text_message_end(self, event: dict[str, Any]) -> None:
        self._require_open(event)
        self._writing.remove(event["messageId"])

    def _require_open(self, event: dict[str, Any]) -> None:
        if event["messageId"] not in self._writing:
            raise LawError(f"{event['type']} of {event['messageId']}, which is not open")

    def _messages_snapshot(self, event: dict[str, Any]) -> None:
        new = {message["id"]: message for message in event["messages"]}
        kept = [message["id"] for message in self.messages if message["id"] in new]
        self.messages = [new[each] for each in dict.fromkeys([*kept, *new])]

    def _state_snapshot(self, event: dict[str, Any]) -> None:
        self.state = event["snapshot"]

    def _state_delta(self, event: dict[str, Any]) -> None:
        for change in event["delta"]:
            name = change["path"].removeprefix("/")
            if change["op"] != "replace" or name not in self.state:
                raise LawError(f"a patch of {change['path']}, which is not there")
            self.state[name] = change["value"]

    def _custom(self, event: dict[str, Any]) -> None:
        self.customs.append((event["name"], event["value"]))
