"""What goes over the socket: a client's messages as types, and ours as the same objects that a line of NDJSON holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from domain.errors import GalleyError
from entrypoints.http.authenticate import LONGEST_TOKEN
from entrypoints.http.bodies import INLINE_BYTES, parse
from entrypoints.http.problems import problem_of
from entrypoints.http.requests import RunBody

Ref = Annotated[str, Meta(max_length=64)]
RunName = Annotated[str, Meta(min_length=1, max_length=64)]
Key = Annotated[str, Meta(pattern="^[!-~]{1,255}$")]


class Auth(Struct, frozen=True, forbid_unknown_fields=True, tag="auth"):
    """The access token, where it did not come as a subprotocol; the first message then."""

    token: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN)]
    ref: Ref | None = None


class Start(Struct, frozen=True, forbid_unknown_fields=True, tag="start"):
    """Start a run, or find the one that the key stands for, and follow it from its beginning."""

    run: RunBody
    key: Key | None = None
    ref: Ref | None = None


class Follow(Struct, frozen=True, forbid_unknown_fields=True, tag="follow"):
    """Follow a run, behind the id of the last event that was seen where there is one."""

    run_id: RunName
    after: Annotated[str, Meta(max_length=200)] | None = None
    ref: Ref | None = None


class Unfollow(Struct, frozen=True, forbid_unknown_fields=True, tag="unfollow"):
    """Stop following a run; the run goes on."""

    run_id: RunName
    ref: Ref | None = None


class Cancel(Struct, frozen=True, forbid_unknown_fields=True, tag="cancel"):
    """Cancel a run, followed or not."""

    run_id: RunName
    ref: Ref | None = None


class Ping(Struct, frozen=True, forbid_unknown_fields=True, tag="ping"):
    """Ask whether somebody is there."""

    ref: Ref | None = None


Message = Auth | Start | Follow | Unfollow | Cancel | Ping


class _AnyRef(Struct, frozen=True):
    ref: Ref | None = None


async def read_message(text: str) -> Message:
    """Read one message.

    Raises:
        GalleyError: It is not strict JSON, or none of these; the fault's pointer says where.
    """
    data = text.encode("utf-8", "surrogatepass")
    kind: Any = Message
    message: Message = await asyncio.to_thread(parse, data, kind) if len(data) > INLINE_BYTES else parse(data, kind)
    return message


def find_ref(text: str) -> str | None:
    """Return the `ref` of a message that can't be used otherwise, so that its sender knows which one it was."""
    try:
        return msgspec.json.decode(text, type=_AnyRef).ref
    except (msgspec.MsgspecError, UnicodeError):
        return None


def encode_reply(event: str, ref: str | None, data: Mapping[str, Any]) -> str:
    """Make the message that answers one; like a control it has no id."""
    head = {"event": event} if ref is None else {"event": event, "ref": ref}
    return msgspec.json.encode({**head, "data": data}).decode()


async def encode_refusal(ref: str | None, error: GalleyError) -> str:
    """Make the message that says why one was refused: the problem of the HTTP route, with its Retry-After."""
    answer = problem_of(error)
    problem = msgspec.json.decode(bytes(await answer.get_data(as_text=False)))
    if "Retry-After" in answer.headers:
        problem["retry_after"] = int(answer.headers["Retry-After"])
    return encode_reply("refused", ref, problem)
