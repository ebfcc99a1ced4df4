"""What the AI SDK's client makes of a UI message stream: its `processUIMessageStream`, as far as our chunks go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from attrs import define, field

from entrypoints.http.protocols.ai_sdk_chunk import Chunk, encode_chunks


@define
class UiMessage:
    """A message as `useChat` has it; `completion` is what `useCompletion` has of the same stream."""

    id: str = ""
    parts: list[dict[str, Any]] = field(factory=list)
    metadata: dict[str, Any] = field(factory=dict)
    finish_reason: str | None = None
    error: str | None = None
    notices: list[dict[str, Any]] = field(factory=list)
    completion: str = ""
    is_done: bool = False
    _open: dict[str, dict[str, Any]] = field(factory=dict)

    @classmethod
    def read(cls, frames: bytes) -> UiMessage:
        """Take frames, and comments between them."""
        message = cls()
        lines = [line for line in frames.decode().split("\n") if line and not line.startswith((":", "retry:"))]
        for line in lines:
            assert line.startswith("data: "), line
            message.take(line.removeprefix("data: "))
        return message

    @property
    def text(self) -> str:
        return "".join(part["text"] for part in self.parts if part["type"] == "text")

    def data(self, kind: str) -> list[Any]:
        """Return the data of the parts of a kind."""
        return [part["data"] for part in self.parts if part["type"] == f"data-{kind}"]

    @property
    def draft(self) -> str:
        return "".join(data["text"] for data in self.data("draft"))

    def take_chunks(self, chunks: Iterable[Chunk]) -> None:
        for frame in encode_chunks(chunks).decode().split("\n\n"):
            if frame:
                self.take(frame.removeprefix("data: "))

    def take(self, data: str) -> None:
        """Take one event's data; what the client could not make sense of fails."""
        assert not self.is_done
        if data == "[DONE]":
            self.is_done = True
            return
        chunk = msgspec.json.decode(data)
        assert self.error is None, f"{chunk['type']} comes after an error, where nobody reads any more"
        match chunk["type"]:
            case "start":
                self.id = chunk["messageId"]
            case "text-start" | "text-delta" | "text-end":
                self._take_text(chunk)
            case "finish":
                self.finish_reason = chunk["finishReason"]
            case "error":
                self.error = chunk["errorText"]
            case "message-metadata" | "abort":
                pass
            case kind if kind.startswith("data-"):
                self._take_data(chunk)
            case kind:
                raise AssertionError(f"the client does not know {kind}")
        self.metadata |= chunk.get("messageMetadata", {})

    def _take_text(self, chunk: dict[str, Any]) -> None:
        if chunk["type"] == "text-start":
            self._open[chunk["id"]] = {"type": "text", "text": "", "state": "streaming"}
            self.parts.append(self._open[chunk["id"]])
        elif chunk["type"] == "text-delta":
            self._open[chunk["id"]]["text"] += chunk["delta"]
            self.completion += chunk["delta"]
        else:
            self._open.pop(chunk["id"])["state"] = "done"

    def _take_data(self, chunk: dict[str, Any]) -> None:
        if chunk.get("transient"):
            self.notices.append(chunk["data"])
            return
        for part in self.parts:
            if (part["type"], part.get("id")) == (chunk["type"], chunk["id"]):
                part["data"] = chunk["data"]
                return
        self.parts.append(chunk)
