"""OpenAI's chat completions on the wire: `python -m tests.wire.openai --port 0 --script '[...]'`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen

from tests.wire.answer import Answer
from tests.wire.command import run
from tests.wire.exchange import Received

STOPS = {"end": "stop", "max_tokens": "length", "refusal": "content_filter", "": None}
DONE = b"data: [DONE]\n\n"


@frozen
class OpenAIWire:
    """`models` are those that it lists; without `takes_schemas` a request with response_format is refused.

    Without `counts` it knows no stream_options and sends no usage, as older servers do.
    """

    models: tuple[str, ...] = ("local-large", "local-small")
    takes_schemas: bool = True
    counts: bool = True

    def find_plain(self, asked: Received) -> Any | None:
        """Answer whatever is not a completion."""
        if asked.path == "/v1/models":
            listed = [{"id": name, "object": "model", "created": 1, "owned_by": "wire"} for name in self.models]
            return {"object": "list", "data": listed}
        if asked.path != "/v1/chat/completions":
            return {"status": 404, **_failure("not_found", f"There is no {asked.path}.")}
        if "response_format" in asked.json and not self.takes_schemas:
            return {"status": 400, **_failure("invalid_request_error", "response_format is not supported")}
        return None

    def events(self, answer: Answer, asked: Received) -> Iterator[bytes]:
        """Yield the role, the text, the reason to stop, the usage where it was asked for, and [DONE]."""
        model = answer.model or asked.json["model"]
        yield _chunk(model, [_choice({"role": "assistant", "content": ""})])
        for piece in answer.thinking:
            yield _chunk(model, [_choice({"reasoning_content": piece})])
        for _ in range(answer.repeat):
            for piece in answer.deltas:
                yield _chunk(model, [_choice({"content": piece})])
        yield _chunk(model, [_choice({}, STOPS.get(answer.stop, answer.stop))])
        if self.counts and answer.usage and asked.json.get("stream_options", {}).get("include_usage"):
            yield _chunk(model, [], usage=_usage(answer))
        yield DONE

    def odd_event(self, answer: Answer, kind: Literal["error", "ping", "bad_json", "odd_json"]) -> bytes:
        """Write an error, a comment, or an event that can't be read."""
        match kind:
            case "error":
                return b"data: " + json.dumps(self.failure(answer)).encode() + b"\n\n"
            case "ping":
                return b": still here\n\n"
            case "bad_json":
                return b'data: {"id": "chatcmpl-wire", "choices": [\n\n'
            case "odd_json":
                return b'data: {"choices": [7, {"delta": [null]}]}\n\n'

    def failure(self, answer: Answer) -> Any:
        """Write an error's body."""
        return _failure(answer.kind, answer.message)


def _usage(answer: Answer) -> dict[str, Any]:
    sent = answer.input_tokens + answer.cached
    return {
        "prompt_tokens": sent,
        "completion_tokens": answer.output_tokens,
        "total_tokens": sent + answer.output_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.cached},
    }


def _choice(delta: dict[str, str], stop: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": stop}


def _failure(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def _chunk(model: str, choices: list[dict[str, Any]], **more: Any) -> bytes:
    head = {"id": "chatcmpl-wire", "object": "chat.completion.chunk", "created": 1, "model": model}
    document = json.dumps({**head, "choices": choices, **more}, ensure_ascii=False)
    return f"data: {document}\n\n".encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    run(OpenAIWire())
