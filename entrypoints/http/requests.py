"""What may be posted to start a run, and the headers that go with it."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from attrs import frozen
from msgspec import UNSET, Meta, Struct, UnsetType
from quart import request

from domain.run.model import OnDisconnect, OutputFormat, RunRequest
from domain.run.rerun import RerunStage
from domain.webhook.endpoint import LONGEST_URL
from entrypoints.http.problems import HTTPError

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Tag = Annotated[str, Meta(min_length=1, max_length=64)]
RunId = Annotated[
    str,
    Meta(
        max_length=36,
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="A UUID in its canonical form, in lower case.",
    ),
]
Models = Annotated[
    list[Name],
    Meta(min_length=1, max_length=5, description="The first one that can be had writes; each model is tried in turn."),
]
Inputs = Annotated[dict[str, Any], Meta(description="The values that the prompt set's input schema asks for.")]
Checks = Annotated[
    list[dict[str, Any]],
    Meta(max_length=20, description="Checks added to the prompt set's, each as it would stand there."),
]
Text = Annotated[str, Meta(min_length=1, max_length=200_000)]
Tags = Annotated[list[Tag], Meta(max_length=20)]
Webhook = Annotated[
    str,
    Meta(
        max_length=LONGEST_URL,
        pattern="^[Hh][Tt][Tt][Pp][Ss]?://",
        description="Told of the run's end: https on port 443, or what the operator allows besides.",
    ),
]
Whole = Annotated[int, Meta(ge=1, le=2**53)]
Amount = Annotated[float, Meta(gt=0, le=1e12)]


class LimitsBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename=None):
    """Bounds of one run; those left out are the prompt set's, and none may be above the operator's caps."""

    attempts: Whole | UnsetType = UNSET
    output_tokens: Whole | UnsetType = UNSET
    total_tokens: Whole | UnsetType = UNSET
    cost_usd: Amount | UnsetType = UNSET
    deadline_seconds: Amount | UnsetType = UNSET


class RunBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The request of a run. `prompt` is "name" (its newest version), "name@3" or "name@label", else the service's own.

    `text` becomes the prompt set's main input, for whoever has only a text to give.
    """

    prompt: Name | None = None
    text: Text | None = None
    inputs: Inputs = {}
    model: Name | Models | None = None
    output_format: OutputFormat | None = None
    checks: Checks = []
    limits: LimitsBody = LimitsBody()
    on_disconnect: OnDisconnect = "continue"
    run_id: RunId | None = None
    tags: Tags = []
    webhook: Webhook | None = None

    def to_request(self, default_prompt: str) -> RunRequest:
        """Return it in the domain's terms, all but its text."""
        fields = _fields(self)
        del fields["text"]
        return RunRequest(**fields | {"prompt": self.prompt or default_prompt})


class RerunBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What is different in a new run of the same request; a field that is given replaces the old one as a whole.

    With `draft` the run starts with that text: from `formatter`, or from `validator`, where rules alone format it. If
    left out, these two start with the old run's draft, and `generator` writes anew.
    """

    stage: RerunStage | None = None
    draft: Text | None = None
    prompt: Name | UnsetType = UNSET
    inputs: Inputs | UnsetType = UNSET
    model: Name | Models | UnsetType | None = UNSET
    output_format: OutputFormat | UnsetType | None = UNSET
    checks: Checks | UnsetType = UNSET
    limits: LimitsBody | UnsetType = UNSET
    on_disconnect: OnDisconnect | UnsetType = UNSET
    run_id: RunId | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    webhook: Webhook | UnsetType | None = UNSET

    def to_changes(self) -> dict[str, Any]:
        """Return only what was given of the request, in the domain's terms."""
        return {name: value for name, value in _fields(self).items() if name not in ("stage", "draft")}


def _fields(body: Struct) -> dict[str, Any]:
    given = {name: getattr(body, name) for name in body.__struct_fields__}
    given = {name: value for name, value in given.items() if value is not UNSET}
    for name in ("checks", "tags"):
        if name in given:
            given[name] = tuple(given[name])
    if isinstance(given.get("model"), list):
        given["model"] = tuple(given["model"])
    if "limits" in given:
        given["limits"] = msgspec.to_builtins(given["limits"])
    return given


_KEY = re.compile(r"[!-~]{1,255}")
_WAIT = re.compile(r"wait=([0-9]{1,6})")
LONGEST_WAIT_SECONDS = 3600


def read_idempotency_key() -> str | None:
    """Return the Idempotency-Key header.

    Raises:
        HTTPError: 400 when it is not 1 to 255 visible ASCII characters, or there are several.
    """
    keys = request.headers.getlist("Idempotency-Key")
    if not keys:
        return None
    if len(keys) > 1 or _KEY.fullmatch(keys[0]) is None:
        raise HTTPError(400, "bad_request", "Send one Idempotency-Key of 1 to 255 visible ASCII characters.")
    return keys[0]


@frozen
class Preference:
    """How long to wait for a result: RFC 7240's `respond-async` and `wait`. `wait_seconds` None: until the end."""

    wait_seconds: float | None = None
    applied: str = ""


def read_preference() -> Preference:
    """Return the Prefer header's wish; what it does not know of it passes over, as RFC 7240 wants."""
    wishes = [wish.strip().lower() for header in request.headers.getlist("Prefer") for wish in header.split(",")]
    waits = [int(found[1]) for wish in wishes if (found := _WAIT.fullmatch(wish))]
    is_async = "respond-async" in wishes
    if not waits:
        return Preference(0.0, "respond-async") if is_async else Preference()
    seconds = min(waits[0], LONGEST_WAIT_SECONDS)
    return Preference(float(seconds), f"respond-async, wait={seconds}" if is_async else f"wait={seconds}")
