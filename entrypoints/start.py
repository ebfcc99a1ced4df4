"""Starting runs: what every way in does between a request and a queued run."""

from __future__ import annotations

import asyncio
import hmac
import re
import uuid
from functools import partial

import attrs
import msgspec

from domain.admission import admit, hash_request
from domain.content.prompt import PromptVersion
from domain.content.prompt_set import parse_prompt_set
from domain.content.schema import apply_defaults
from domain.errors import (
    DailyLimitError,
    Fault,
    IdempotencyConflictError,
    InvalidRequestError,
    PromptNotFoundError,
    RunNotFoundError,
)
from domain.run.model import RunRequest, StoredRun
from domain.run.rerun import RerunOf
from domain.run.spending import DailyLimits, DayUsage, Spending, day_of, seconds_until_next_day
from domain.user import Principal
from entrypoints.services import Services

CONFLICT = "This idempotency key or run id is in use with another request; choose a new one."
SMALL_REQUEST = 8192
"""Bytes; a larger one is judged on a thread, so that nobody waits for it."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class UnknownPromptError(InvalidRequestError):
    """The request names a prompt set, version or label that does not exist."""

    code = "prompt_not_found"


async def start_run(
    services: Services,
    principal: Principal,
    request: RunRequest,
    *,
    key: str | None = None,
    trace_id: str | None = None,
    rerun_of: RerunOf | None = None,
) -> tuple[StoredRun, bool]:
    """Admit and create a run; return it and True, or the run that the same key or id stands for and False.

    A known key is looked up before admission, so that a repeated request still finds its run when the prompt set has
    changed since.

    Raises:
        InvalidRequestError: It can't be accepted; `faults` point into the request's body.
        IdempotencyConflictError: The key or id is known with another request.
        QueueFullError: Worth retrying later.
        LiveRunsExceededError: Worth retrying when one has ended.
        DailyLimitError: Worth retrying tomorrow.
        StoreUnavailableError: Worth retrying.
    """
    run_id = request.run_id or (services.new_run_id() if key is None else derive_run_id(services, principal, key))
    if request.run_id is not None or key is not None:
        known = await _find_known(services, principal, run_id, request, rerun_of)
        if known is not None:
            return known, False
    await _check_day(services, principal.user_id)
    decide = partial(
        admit,
        request,
        await find_prompt(services, request.prompt),
        services.rules,
        owner=principal.user_id,
        run_id=run_id,
        now=services.clock.now(),
        key=key,
        trace_id=trace_id,
        rerun_of=rerun_of,
    )
    is_small = len(msgspec.json.encode(request)) <= SMALL_REQUEST
    stored, is_new = await services.runs.create(decide() if is_small else await asyncio.to_thread(decide))
    if is_new:
        services.arrivals.announce(principal.user_id, stored.id)
    return stored, is_new


async def _check_day(services: Services, user_id: str) -> None:
    """Refuse whoever has used up the day; what their runs under way only may still use does not count here."""
    limits, now = services.rules.daily_limits, services.clock.now()
    if limits == DailyLimits():
        return
    used = (await services.ledger.usage(user_id, day_of(now))).used
    try:
        limits.check(DayUsage(used=used, reserved=Spending()), Spending(tokens=1, nanodollars=1))
    except DailyLimitError as error:
        error.retry_after = seconds_until_next_day(now)
        raise


async def _find_known(
    services: Services, principal: Principal, run_id: str, request: RunRequest, rerun_of: RerunOf | None
) -> StoredRun | None:
    try:
        stored, content = await services.runs.get(run_id)
    except RunNotFoundError:
        return None
    if stored.owner != principal.user_id or not is_request_of(stored, content, request, rerun_of):
        raise IdempotencyConflictError(CONFLICT)
    return stored


def is_request_of(stored: StoredRun, content: bytes, request: RunRequest, rerun_of: RerunOf | None = None) -> bool:
    """Whether a run was made from an equal request; `content` is its prompt set, whose defaults were filled in."""
    inputs = apply_defaults(parse_prompt_set(content).inputs, request.inputs)
    asked = hash_request(attrs.evolve(request, inputs=inputs), rerun_of)
    return asked == hash_request(stored.spec.request, stored.spec.rerun_of)


async def find_prompt(services: Services, reference: str) -> PromptVersion:
    """Return the version of a prompt set that a request names.

    Raises:
        UnknownPromptError: There is none.
    """
    try:
        return await services.prompts.find(reference)
    except PromptNotFoundError as error:
        raise UnknownPromptError(error.message, (Fault(pointer="/prompt", message=error.message),)) from None


def derive_run_id(services: Services, principal: Principal, key: str) -> str:
    """Return the run id that this user's key stands for: as hard to guess as a random one without the secret."""
    named = b"run id\0" + principal.user_id.encode() + b"\0" + key.encode()
    return str(uuid.UUID(bytes=hmac.digest(services.secret_key, named, "sha256")[:16], version=4))


def read_trace_id(traceparent: str | None) -> str | None:
    """Return the trace id of a W3C traceparent header, None where there is no valid one."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    return found[1] if found else None
