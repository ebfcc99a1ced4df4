"""What the AI SDK's clients post, and the text that they mean by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from attrs import frozen
from msgspec import Meta, Struct

from domain.errors import Fault, InvalidRequestError
from entrypoints.http.requests import RunBody

LONGEST_TEXT = 200_000

Id = Annotated[str, Meta(min_length=1)]


class UiPartBody(Struct, frozen=True):
    """A part of a message; those of type `text` are taken, a `file` in the last user message is refused."""

    type: str
    text: str | None = None


class UiMessageBody(Struct, frozen=True):
    """A message of a chat: with `parts`, or with `content` as older clients have it."""

    role: str
    id: str | None = None
    parts: list[UiPartBody] = []
    content: str | list[UiPartBody] | None = None


class AiSdkBody(Struct, frozen=True, rename="camel"):
    """One of `prompt` (useCompletion), `messages` (useChat) and `message`, the last of them alone.

    The text of the last user message becomes the prompt set's main input; `run` may hold the other fields of a run's
    request. Fields that are not named here are passed over: the clients send fields of their own.
    """

    prompt: str | None = None
    messages: list[UiMessageBody] | None = None
    message: UiMessageBody | None = None
    id: Annotated[Id, Meta(description="The chat, whose stream is GET /ai-sdk/{id}/stream.")] | None = None
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    message_id: str | None = None
    run: RunBody = RunBody()


@frozen(kw_only=True)
class Said:
    """The text that somebody gave, where in the body it stands, and the id of its message where it has one."""

    text: str
    pointer: str
    message_id: str | None = None


def read_said(body: AiSdkBody) -> Said:
    """Return what the body says.

    Raises:
        InvalidRequestError: It says nothing, too much, or what is not text.
    """
    given = [name for name in ("prompt", "messages", "message") if getattr(body, name) is not None]
    if len(given) != 1:
        message = f"stands beside {given[0]}; leave one of them out" if given else "is required, or `prompt`"
        raise _refuse(f"/{given[1]}" if given else "/messages", message)
    if body.run.text is not None:
        raise _refuse("/run/text", f"stands beside `{given[0]}`, which gives the text; leave it out")
    if body.prompt is not None:
        return _vet(Said(text=body.prompt, pointer="/prompt"))
    if body.message is not None:
        return _read_last([body.message], "/message")
    return _read_last(body.messages or [], "/messages")


def _read_last(messages: Sequence[UiMessageBody], pointer: str) -> Said:
    for index in reversed(range(len(messages))):
        if messages[index].role == "user":
            place = pointer if pointer == "/message" else f"{pointer}/{index}"
            return _vet(_read_message(messages[index], place))
    raise _refuse(pointer, "has no message with the role `user`")


def _read_message(message: UiMessageBody, pointer: str) -> Said:
    content = message.content
    if isinstance(content, str) and not message.parts:
        return Said(text=content, pointer=f"{pointer}/content", message_id=message.id)
    name, parts = ("parts", message.parts) if message.parts or not isinstance(content, list) else ("content", content)
    texts: list[str] = []
    for index, part in enumerate(parts):
        if part.type == "file":
            raise _refuse(f"{pointer}/{name}/{index}", "is a file; only text is taken")
        if part.type == "text" and part.text is not None:
            texts.append(part.text)
    return Said(text="\n".join(texts), pointer=f"{pointer}/{name}", message_id=message.id)


def _vet(said: Said) -> Said:
    if not said.text.strip():
        raise _refuse(said.pointer, "has no text; say what is to be written")
    if len(said.text) > LONGEST_TEXT:
        raise _refuse(said.pointer, f"has more than {LONGEST_TEXT:,} characters; shorten it")
    return said


def _refuse(pointer: str, message: str) -> InvalidRequestError:
    return InvalidRequestError("The request's body has a fault.", (Fault(pointer=pointer, message=message),))
