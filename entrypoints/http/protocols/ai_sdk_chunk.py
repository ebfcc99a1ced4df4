"""What the AI SDK's UI message stream, version 1, is made of; its clients fail at a `type` that they don't know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from entrypoints.http.schemas import refer

DONE = b"data: [DONE]\n\n"
"""The last frame of a whole stream; one that ends without it was cut."""

Metadata = Annotated[
    dict[str, Any],
    Meta(
        description=(
            "Goes into the message's `metadata`. At the start `run_id` and `prompt`; at the end what identifies and "
            "sums up the run, its `status`, and `success` of `complete` or `code` and `retryable` of `error`."
        )
    ),
]
FinishReason = Literal["stop", "length", "other"]
Text = Annotated[str, Meta(description="The text so far; empty where it was withdrawn, or stands in the text part.")]


class UiStart(Struct, frozen=True, kw_only=True, tag="start", rename="camel"):
    """The message begins; its id is the run's."""

    message_id: str
    message_metadata: Metadata


class UiProgress(Struct, frozen=True, kw_only=True, tag="data-progress"):
    """Where the run is: its newest event `progress`, which replaces the one before."""

    id: Literal["progress"] = "progress"
    data: Annotated[Raw, Meta(extra_json_schema=refer("Progressed"))]


class UiFindings(Struct, frozen=True, kw_only=True, tag="data-findings"):
    """What the checks say of an attempt: its event `findings`."""

    id: str
    data: Annotated[Raw, Meta(extra_json_schema=refer("TextJudged"))]


class UiUsage(Struct, frozen=True, kw_only=True, tag="data-usage"):
    """What one call of a model used: its event `usage`."""

    id: str
    data: Annotated[Raw, Meta(extra_json_schema=refer("TokensUsed"))]


class UiDraftText(Struct, frozen=True):
    """An attempt's text while it is written and checked."""

    attempt: int
    text: Text


class UiDraft(Struct, frozen=True, kw_only=True, tag="data-draft"):
    """The text that is being written, as a whole each time; an attempt that failed takes it back."""

    id: Literal["draft"] = "draft"
    data: UiDraftText


class UiNotice(Struct, frozen=True, kw_only=True, tag="data-notice"):
    """Something about the stream and not about the run: `draining` or `auth_expiring`, after which it is cut."""

    transient: Literal[True] = True
    data: dict[str, Any]


class UiTextStart(Struct, frozen=True, tag="text-start"):
    """The run's output begins: there is one text part, and nothing in it is ever taken back."""

    id: str


class UiTextDelta(Struct, frozen=True, tag="text-delta"):
    """The run's output."""

    id: str
    delta: str


class UiTextEnd(Struct, frozen=True, tag="text-end"):
    """The run's output is whole."""

    id: str


class UiFinish(Struct, frozen=True, kw_only=True, tag="finish", rename="camel"):
    """The run is complete: `stop` with success, `length` where its tokens were used up, else `other`."""

    finish_reason: FinishReason
    message_metadata: Metadata


class UiMetadata(Struct, frozen=True, kw_only=True, tag="message-metadata", rename="camel"):
    """How a run ended that has no output."""

    message_metadata: Metadata


class UiAbort(Struct, frozen=True, tag="abort"):
    """Somebody cancelled the run; the error behind it is for clients, which pass over this."""

    reason: str


class UiError(Struct, frozen=True, tag="error", rename="camel"):
    """The run ended without an output; the text is fit for a user."""

    error_text: str


Chunk = (
    UiStart
    | UiProgress
    | UiFindings
    | UiUsage
    | UiDraft
    | UiNotice
    | UiTextStart
    | UiTextDelta
    | UiTextEnd
    | UiFinish
    | UiMetadata
    | UiAbort
    | UiError
)


def encode_chunks(chunks: Iterable[Chunk]) -> bytes:
    """Make a frame of each chunk."""
    return b"".join([b"data: %b\n\n" % msgspec.json.encode(chunk) for chunk in chunks])
