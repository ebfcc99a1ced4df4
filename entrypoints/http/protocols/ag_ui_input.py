"""What an AG-UI client posts: RunAgentInput, and where in it the text of a run stands."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

from attrs import frozen
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.errors import Fault, InvalidRequestError
from entrypoints.http.requests import RunBody

Id = Annotated[str, Meta(min_length=1, max_length=1000)]


class AgUiMessage(Struct, frozen=True):
    """A message of the thread. Only the text of the last one whose role is "user" is used; all are kept as they are."""

    id: str
    role: str
    content: str | list[dict[str, Any]] | dict[str, Any] | None = None


class RunAgentInput(Struct, frozen=True, rename="camel"):
    """AG-UI's input of a run: the text of the last message of a user becomes the prompt set's main input.

    `forwardedProps` holds the fields of a run's request, all but `text` and `run_id`. A `runId` that is a UUID is the
    run's id, any other one stands for a run of this thread. `state`, `tools` and `context` are not used, and fields
    that are not named here are passed over, as AG-UI's rules for versions want.
    """

    thread_id: Id
    run_id: Id
    messages: list[AgUiMessage]
    protocol_version: str | UnsetType | None = UNSET
    state: Any = None
    tools: list[dict[str, Any]] | None = None
    context: list[dict[str, Any]] | None = None
    forwarded_props: RunBody | None = None


@frozen
class PlacedText:
    """A text and the JSON pointer to where it stands."""

    text: str
    pointer: str


def find_text(posted: RunAgentInput) -> PlacedText | None:
    """Return the text of the last message of a user, None where no user has said anything.

    Raises:
        InvalidRequestError: That message is not text, or empty.
    """
    for place, message in reversed(list(enumerate(posted.messages))):
        if message.role == "user":
            return _read_text(message, f"/messages/{place}/content")
    return None


def _read_text(message: AgUiMessage, pointer: str) -> PlacedText:
    parts = [message.content] if isinstance(message.content, str) else []
    for place, part in enumerate(message.content if isinstance(message.content, list) else ()):
        if part.get("type") != "text" or not isinstance(part.get("text"), str):
            refuse(f"{pointer}/{place}", "must be a part of the type text; nothing else can be read")
        parts.append(part["text"])
    text = "\n".join(parts)
    return PlacedText(text, pointer) if text else refuse(pointer, "must be a text that is not empty")


def find_props(posted: RunAgentInput) -> RunBody:
    """Return the fields of the run's request.

    Raises:
        InvalidRequestError: One of them has another place in this protocol.
    """
    props = posted.forwarded_props or RunBody()
    if props.text is not None:
        refuse("/forwardedProps/text", "is the last message of the user in this protocol; leave it out")
    if props.run_id is not None:
        refuse("/forwardedProps/run_id", "is `runId` in this protocol; leave it out")
    return props


def refuse(pointer: str, message: str) -> NoReturn:
    """Refuse what was posted.

    Raises:
        InvalidRequestError: Always.
    """
    raise InvalidRequestError("The input can't be accepted as it is.", (Fault(pointer=pointer, message=message),))
