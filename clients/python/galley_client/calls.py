"""The server's plain routes as values: what to send, and how to read the answer. Nothing here sends anything."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from galley_client.errors import ProtocolError
from galley_client.records import (
    Me,
    Model,
    PromptDescription,
    PromptSummary,
    RunPage,
    RunRecord,
    RunStatus,
    RunTicket,
)

T = TypeVar("T")
ExportFormat = Literal["md", "html", "txt", "json", "docx"]


class _Wishes(TypedDict, total=False):
    model: str | Sequence[str]
    output_format: str
    checks: Sequence[Mapping[str, Any]]
    limits: Mapping[str, float]
    on_disconnect: Literal["continue", "cancel"]
    tags: Sequence[str]
    webhook: str
    key: str


class RunOptions(_Wishes, total=False):
    """What a run may be asked for besides its prompt set and inputs; docs/http-api.md says what each means.

    `key` is an idempotency key of your own, `text` stands for the main input.
    """

    text: str
    run_id: str


class RerunOptions(_Wishes, total=False):
    """What is different in a run that is run again."""

    stage: Literal["generator", "formatter", "validator"]
    draft: str
    prompt: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Start:
    """The request of a run, and the key under which the server knows it again."""

    body: Mapping[str, Any]
    key: str


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    json: Any = None

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of httpx's `request`, besides method and path."""
        given = {"params": self.params, "headers": self.headers, "json": self.json}
        return {name: value for name, value in given.items() if value is not None}


class _Accepted(Struct, frozen=True):
    run_id: str
    status: str


class _Prompts(Struct, frozen=True):
    prompts: tuple[PromptSummary, ...]


class _Models(Struct, frozen=True):
    models: tuple[Model, ...]


def run_path(run_id: str) -> str:
    """Return where a run is."""
    return f"/runs/{quote(run_id, safe='')}"


def make_start(prompt: str | None, inputs: Mapping[str, Any] | None, options: RunOptions) -> Start:
    """Make the request of a run; without a key of the caller's it gets one of its own."""
    body: dict[str, Any] = {**options}
    key = body.pop("key", None) or str(uuid.uuid4())
    if prompt is not None:
        body["prompt"] = prompt
    if inputs is not None:
        body["inputs"] = dict(inputs)
    return Start(body=body, key=key)


def rerun(run_id: str, **options: Unpack[RerunOptions]) -> Call[str]:
    """Run again with what is different, and read the new run's id."""
    body: dict[str, Any] = {**options}
    key = body.pop("key", None) or str(uuid.uuid4())
    path = f"{run_path(run_id)}/rerun"
    return Call(method="POST", path=path, json=body, headers={"Idempotency-Key": key}, read=_read_run_id)


def cancel(run_id: str) -> Call[str]:
    """Ask for a cancel, and read the status that the run has now."""
    return Call(method="POST", path=f"{run_path(run_id)}/cancel", read=lambda r: _ACCEPTED(r).status)


def get(run_id: str) -> Call[RunRecord]:
    """Read everything that is known of a run."""
    return Call(method="GET", path=run_path(run_id), read=_RECORD)


def delete(run_id: str) -> Call[None]:
    """Remove a run that has ended."""
    return Call(method="DELETE", path=run_path(run_id), read=lambda _: None)


def runs_page(
    after: str | None, *, status: Sequence[RunStatus], prompt: str | None, text: str | None, everyone: bool
) -> Call[RunPage]:
    """Read one page of runs."""
    asked = {"status": list(status), "prompt": prompt, "text": text, "after": after, "limit": 100}
    params = {name: value for name, value in asked.items() if value not in (None, [])}
    return Call(method="GET", path="/runs", params=params | ({"everyone": "true"} if everyone else {}), read=_PAGE)


def export(run_id: str, file_format: ExportFormat | None) -> Call[bytes]:
    """Read a run's output as a file."""
    params = None if file_format is None else {"format": file_format}
    return Call(method="GET", path=f"{run_path(run_id)}/output", params=params, read=_read_file)


def ticket(run_id: str) -> Call[RunTicket]:
    """Ask for a ticket."""
    return Call(method="POST", path=f"{run_path(run_id)}/ticket", read=_TICKET)


def prompts() -> Call[tuple[PromptSummary, ...]]:
    """Read the newest version of every prompt set."""
    return Call(method="GET", path="/prompts", read=lambda r: _PROMPTS(r).prompts)


def prompt(reference: str) -> Call[PromptDescription]:
    """Read one version of a prompt set."""
    return Call(method="GET", path=f"/prompts/{quote(reference, safe='@')}", read=_PROMPT)


def models() -> Call[tuple[Model, ...]]:
    """Read the models on offer."""
    return Call(method="GET", path="/models", read=lambda r: _MODELS(r).models)


def me() -> Call[Me]:
    """Read who is asking."""
    return Call(method="GET", path="/auth/me", read=_ME)


def _reader(kind: type[T]) -> Callable[[httpx.Response], T]:
    # Made at import, in one thread: msgspec 0.22 is not safe where two threads are the first to decode a class.
    decoder = msgspec.json.Decoder(kind)

    def read(response: httpx.Response) -> T:
        try:
            return decoder.decode(response.content)
        except msgspec.DecodeError as error:
            raise _no_galley(response) from error

    return read


def _read_run_id(response: httpx.Response) -> str:
    return _ACCEPTED(response).run_id


def _read_file(response: httpx.Response) -> bytes:
    if "attachment" not in response.headers.get("Content-Disposition", ""):
        raise _no_galley(response)
    return response.content


def _no_galley(response: httpx.Response) -> ProtocolError:
    url = response.request.url.copy_with(path="/", query=None)
    return ProtocolError(f"{str(url).rstrip('/')} does not answer as a Galley server does.")


_ACCEPTED: Final = _reader(_Accepted)
_RECORD: Final = _reader(RunRecord)
_PAGE: Final = _reader(RunPage)
_TICKET: Final = _reader(RunTicket)
_PROMPTS: Final = _reader(_Prompts)
_PROMPT: Final = _reader(PromptDescription)
_MODELS: Final = _reader(_Models)
_ME: Final = _reader(Me)
