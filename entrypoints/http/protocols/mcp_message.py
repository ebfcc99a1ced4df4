"""What goes over the wire of /mcp: JSON-RPC 2.0 messages, and refusals in the same form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from quart import Response, g

from domain.errors import Fault, GalleyError, InvalidRequestError
from entrypoints.http.answers import answer_bytes
from entrypoints.http.problems import problem_of

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
REFUSED: Final = -32010
"""Ours, of the range that implementations may use: the request can't be served now, or not for whoever asks."""

_CODES: Mapping[int, int] = {400: INVALID_REQUEST, 404: INVALID_REQUEST, 422: INVALID_REQUEST, 500: -32603}
KEPT: Final = ("Retry-After", "WWW-Authenticate")

LONGEST_ID: Final = 200
MessageId = int | Annotated[str, Meta(max_length=LONGEST_ID)]


class McpMessage(Struct, frozen=True):
    """One JSON-RPC request, or without an id a notification. What `method` and `params` may be the protocol says."""

    jsonrpc: Literal["2.0"]
    method: Annotated[str, Meta(max_length=200)]
    id: MessageId | UnsetType = UNSET
    params: dict[str, Any] | UnsetType = UNSET

    @property
    def given_params(self) -> dict[str, Any] | None:
        """The params, None where there are none."""
        return None if self.params is UNSET else self.params

    @property
    def progress_token(self) -> int | str | None:
        """What the client's progress notifications are to name, None where it wants none.

        Raises:
            InvalidRequestError: It is so long that naming it often would take more than the rest.
        """
        meta = (self.given_params or {}).get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        if isinstance(token, str) and len(token) > LONGEST_ID:
            fault = Fault(pointer="/params/_meta/progressToken", message=f"is longer than {LONGEST_ID} characters")
            raise InvalidRequestError("The request has a fault.", (fault,))
        return token if isinstance(token, int | str) and not isinstance(token, bool) else None


class McpFailure(Struct, frozen=True):
    """What is wrong with a request; `data` may hold the problem that another route would have answered."""

    code: int
    message: str
    data: Any | UnsetType = UNSET


class McpAnswer(Struct, frozen=True):
    """The answer to a request: its result, or why there is none. Its id is null where the request's can't be read."""

    id: MessageId | None
    jsonrpc: Literal["2.0"] = "2.0"
    result: dict[str, Any] | UnsetType = UNSET
    error: McpFailure | UnsetType = UNSET


def answer_failure(
    status: int, code: int, message: str, data: Any = UNSET, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer the request under way with an error."""
    failure = McpAnswer(id=g.get("mcp_id"), error=McpFailure(code=code, message=message, data=data))
    return answer_bytes(msgspec.json.encode(failure), status, dict(headers or {}))


async def answer_refusal(error: GalleyError) -> Response:
    """Answer with one of our errors as an error of the protocol, under the status that it has everywhere.

    Clients of the protocol show people the message of a JSON-RPC error, and nothing of a problem.
    """
    made = problem_of(error)
    problem = msgspec.json.decode(bytes(await made.get_data(as_text=False)))
    code = PARSE_ERROR if problem["code"] == "invalid_json" else _CODES.get(made.status_code, REFUSED)
    headers = {name: made.headers[name] for name in KEPT if name in made.headers}
    return answer_failure(made.status_code, code, describe_problem(problem), problem, headers=headers)


def describe_problem(problem: Mapping[str, Any]) -> str:
    """Return a problem in one text for people, and for models."""
    faults = "".join(f"\n- {fault['pointer'].lstrip('/')}: {fault['detail']}" for fault in problem.get("errors", ()))
    return f"{problem['detail']}{faults}"


def encode_message(message: Mapping[str, Any], *, event_id: str = "") -> bytes:
    """Make the server-sent event of a message; with an id a client can go on behind it."""
    line = b"id: %b\n" % event_id.encode() if event_id else b""
    return b"%bevent: message\ndata: %b\n\n" % (line, msgspec.json.encode({"jsonrpc": "2.0", **message}))
