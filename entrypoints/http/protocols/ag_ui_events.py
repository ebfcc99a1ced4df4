"""The events of AG-UI 1.0 that a run becomes, as types: the one source of their JSON and of its description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.run.model import Stage

PROTOCOL_VERSION = "1.0"


class _AgUi(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    """What all have in common: `type`, and names in camel case."""


class AgUiRunStarted(_AgUi, frozen=True, kw_only=True, tag="RUN_STARTED"):
    """The first event of every stream, again after each re-attach; the ids are the client's own."""

    thread_id: str
    run_id: str
    protocol_version: str | UnsetType = UNSET


class AgUiRunFinished(_AgUi, frozen=True, kw_only=True, tag="RUN_FINISHED"):
    """The end of a complete run; `result` is the data of `complete`."""

    thread_id: str
    run_id: str
    result: Any


class AgUiRunError(_AgUi, frozen=True, kw_only=True, tag="RUN_ERROR"):
    """The end of a run that failed, or was cancelled: `code` is "cancelled" then.

    `rawEvent` is the data of `error` or `cancelled`; its `draft` is the text there is by then, if any.
    """

    message: str
    code: str
    raw_event: Any


class AgUiStepStarted(_AgUi, frozen=True, kw_only=True, tag="STEP_STARTED"):
    """A stage begins."""

    step_name: Stage


class AgUiStepFinished(_AgUi, frozen=True, kw_only=True, tag="STEP_FINISHED"):
    """The stage is over."""

    step_name: Stage


class AgUiTextMessageStart(_AgUi, frozen=True, kw_only=True, tag="TEXT_MESSAGE_START"):
    """A text begins: the run's output where the message's id is the run's, else what an attempt writes."""

    message_id: str
    role: Literal["assistant"] = "assistant"


class AgUiTextMessageContent(_AgUi, frozen=True, kw_only=True, tag="TEXT_MESSAGE_CONTENT"):
    """The text grew."""

    message_id: str
    delta: Annotated[str, Meta(min_length=1)]


class AgUiTextMessageEnd(_AgUi, frozen=True, kw_only=True, tag="TEXT_MESSAGE_END"):
    """The text grows no more."""

    message_id: str


class AgUiMessagesSnapshot(_AgUi, frozen=True, kw_only=True, tag="MESSAGES_SNAPSHOT"):
    """The thread's messages from now on: as the client sent them, and those of this run that still stand."""

    messages: list[dict[str, Any]]


class AgUiState(Struct, frozen=True, kw_only=True):
    """Where the run is; `run_id` is the run's id here, by which it can be cancelled and looked up."""

    run_id: str
    stage: Stage | None = None
    attempt: int = 1
    progress: int = 0
    message: str = ""
    eta_seconds: float | None = None
    retry_in_seconds: float | None = None


class AgUiStateSnapshot(_AgUi, frozen=True, kw_only=True, tag="STATE_SNAPSHOT"):
    """The whole state, once at the beginning of every stream."""

    snapshot: AgUiState


class AgUiReplace(Struct, frozen=True, tag_field="op", tag="replace"):
    """One operation of a JSON Patch (RFC 6902)."""

    path: str
    value: Any


class AgUiStateDelta(_AgUi, frozen=True, kw_only=True, tag="STATE_DELTA"):
    """What changed of the state."""

    delta: list[AgUiReplace]


class AgUiCustom(_AgUi, frozen=True, kw_only=True, tag="CUSTOM"):
    """What AG-UI has no word for.

    An event of the run by its name (run, draft, text, findings, usage, restarted), `value` being its data; or what is
    said about the stream: `draining` and `auth_expiring`, after which the client posts again.
    """

    name: str
    value: Any


AgUiEvent = (
    AgUiRunStarted
    | AgUiRunFinished
    | AgUiRunError
    | AgUiStepStarted
    | AgUiStepFinished
    | AgUiTextMessageStart
    | AgUiTextMessageContent
    | AgUiTextMessageEnd
    | AgUiMessagesSnapshot
    | AgUiStateSnapshot
    | AgUiStateDelta
    | AgUiCustom
)
