"""Anthropic's Messages API on the wire: `python -m tests.wire.anthropic --port 0 --script '[...]'`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen

from tests.wire.answer import Answer
from tests.wire.command import run
from tests.wire.exchange import Received

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
STOPS = {"end": "end_turn", "context": "model_context_window_exceeded", "": None}


@frozen
class AnthropicWire:
    """`models` are those that it lists, newest first; it counts a token for every four characters of a body."""

    models: tuple[str, ...] = MODELS

    def find_plain(self, asked: Received) -> Any | None:
        """Answer whatever is not a completion."""
        path = asked.path.partition("?")[0]
        if path == "/v1/messages/count_tokens":
            return {"input_tokens": len(json.dumps(asked.json["messages"])) // 4 + 1}
        if path == "/v1/models":
            listed = [_model(name) for name in self.models]
            return {"data": listed, "has_more": False, "first_id": self.models[0], "last_id": self.models[-1]}
        if path != "/v1/messages":
            return {"status": 404, **_failure("not_found_error", f"There is no {path}.")}
        return None

    def events(self, answer: Answer, asked: Received) -> Iterator[bytes]:
        """Yield message_start, the blocks with a ping in the first, message_delta and message_stop."""
        usage = {
            "input_tokens": answer.input_tokens,
            "cache_creation_input_tokens": answer.cache_written,
            "cache_read_input_tokens": answer.cached,
            "output_tokens": 1,
        }
        message: dict[str, Any] = {
            "id": "msg_wire",
            "type": "message",
            "role": "assistant",
            "model": answer.model or asked.json["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage if answer.usage else {"input_tokens": 0, "output_tokens": 0},
        }
        yield _event("message_start", message=message)
        index = 0
        if answer.thinking:
            yield from _block(index, {"type": "thinking", "thinking": "", "signature": ""}, _thoughts(answer))
            index = 1
        yield from _block(index, {"type": "text", "text": ""}, _texts(answer))
        stop = {"stop_reason": STOPS.get(answer.stop, answer.stop), "stop_sequence": None}
        counted = {"usage": {"output_tokens": answer.output_tokens}} if answer.usage else {}
        yield _event("message_delta", delta=stop, **counted)
        yield _event("message_stop")

    def odd_event(self, answer: Answer, kind: Literal["error", "ping", "bad_json", "odd_json"]) -> bytes:
        """Write an error, a ping, or an event that can't be read."""
        match kind:
            case "error":
                return b"event: error\ndata: " + json.dumps(self.failure(answer)).encode() + b"\n\n"
            case "ping":
                return _event("ping")
            case "bad_json":
                return b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": \n\n'
            case "odd_json":
                return _event("content_block_delta", index="x", delta=[None, {"text": 7}])

    def failure(self, answer: Answer) -> Any:
        """Write an error's body."""
        return _failure(answer.kind, answer.message)


def _block(index: int, block: dict[str, str], deltas: Iterator[dict[str, str]]) -> Iterator[bytes]:
    yield _event("content_block_start", index=index, content_block=block)
    if index == 0:
        yield _event("ping")
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _thoughts(answer: Answer) -> Iterator[dict[str, str]]:
    for piece in answer.thinking:
        yield {"type": "thinking_delta", "thinking": piece}
    yield {"type": "signature_delta", "signature": "c2lnbmVk"}


def _texts(answer: Answer) -> Iterator[dict[str, str]]:
    for _ in range(answer.repeat):
        for piece in answer.deltas:
            yield {"type": "text_delta", "text": piece}


def _failure(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_wire"}


def _model(name: str) -> dict[str, str]:
    return {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-09-01T00:00:00Z"}


def _event(event: str, **data: Any) -> bytes:
    # Characters go out as UTF-8, so that a cut can split one.
    document = json.dumps({"type": event, **data}, ensure_ascii=False)
    return f"event: {event}\ndata: {document}\n\n".encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    run(AnthropicWire())
