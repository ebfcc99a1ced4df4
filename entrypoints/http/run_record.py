"""A run as the API shows it: what its store keeps of it, and what its log folds to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
from msgspec import UNSET, UnsetType

from domain.run.codec import decode_event, finding_to_wire, format_time, to_wire
from domain.run.events import RunCompleted, RunFailed
from domain.run.history import Attempt, History, summarize_usage
from domain.run.model import RunRequest, RunSpec, StoredRun
from domain.webhook.endpoint import hide_target
from entrypoints.http.answers import AttemptRecord, DeliveryRecord, RunRecord, RunSummary
from entrypoints.http.cursor import Cursor
from entrypoints.services import Services

PAGE = 500
EXCERPT = 120


async def read_history(services: Services, run_id: str) -> History:
    """Fold a run's log as it is now, letting others work between pages.

    Raises:
        RunNotFoundError: There is no such run.
    """
    history = History()
    while records := await services.log.read(run_id, after=history.seq, limit=PAGE):
        for record in records:
            history.apply(decode_event(record), seq=record.seq, time=record.time, epoch=record.epoch)
        if len(records) < PAGE:
            break
        await asyncio.sleep(0)
    return history


def summarize(run: StoredRun) -> RunSummary:
    """Return a run as it stands in a list."""
    return RunSummary(
        run_id=run.id,
        owner=run.owner,
        status=run.status,
        success=run.success,
        prompt=run.spec.prompt,
        model=run.spec.model,
        models=_models(run.spec),
        output_format=run.spec.output_format,
        tags=list(run.spec.request.tags),
        excerpt=_excerpt(run.spec.request.inputs),
        created_at=format_time(run.created_at),
        finished_at=_format(run.finished_at),
    )


def _excerpt(inputs: Mapping[str, Any]) -> str:
    texts = (value.strip() for value in inputs.values() if isinstance(value, str))
    return next((text for text in texts if text), "")[:EXCERPT]


async def find_delivery(services: Services, run: StoredRun) -> DeliveryRecord | None:
    """Return how far the delivery to a run's webhook is, None where it has no webhook."""
    state = None if run.spec.request.webhook is None else await services.webhooks.find(run.id)
    return None if state is None else DeliveryRecord(status=state.status, tries=state.tries, failure=state.failure)


def describe(run: StoredRun, history: History, delivery: DeliveryRecord | None, *, is_own: bool) -> RunRecord:
    """Return everything that is known of a run; a run that has ended comes with a history that has its end.

    Of the webhook only its owner is shown more than the host.
    """
    spec, terminal = run.spec, history.terminal
    return RunRecord(
        run_id=run.id,
        owner=run.owner,
        status=run.status,
        success=run.success,
        cancel_requested=run.cancel_requested,
        request=attrs.asdict(spec.request if is_own else _hide_webhook(spec.request)),
        prompt=spec.prompt,
        model=spec.model,
        models=_models(spec),
        output_format=spec.output_format,
        checks=[dict(check) for check in spec.checks],
        limits=attrs.asdict(spec.limits),
        stage=history.stage,
        progress=history.percent,
        message=history.message,
        attempts=[_describe_attempt(attempt) for attempt in history.attempts.values()],
        draft=None if history.draft is None else history.draft.draft,
        partial=None if history.partial is None else history.partial.text,
        output=terminal.output if isinstance(terminal, RunCompleted) else None,
        error=_describe_error(terminal) if isinstance(terminal, RunFailed) else None,
        usage=summarize_usage(history.usages),
        metadata=None if terminal is None else dict(terminal.metadata),
        cursor=str(Cursor(run.id, history.epoch, history.seq)),
        rerun_of=None if spec.rerun_of is None else spec.rerun_of.provenance,
        delivery=delivery,
        created_at=format_time(run.created_at),
        finished_at=_format(run.finished_at),
    )


def _describe_attempt(attempt: Attempt) -> AttemptRecord:
    findings = None if attempt.findings is None else [finding_to_wire(finding) for finding in attempt.findings]
    return AttemptRecord(
        attempt=attempt.number,
        text=attempt.text,
        truncated=attempt.truncated,
        passed=attempt.passed,
        findings=findings,
        raw=attempt.raw,
    )


def _hide_webhook(request: RunRequest) -> RunRequest:
    return request if request.webhook is None else attrs.evolve(request, webhook=hide_target(request.webhook))


def _models(spec: RunSpec) -> list[str] | UnsetType:
    return list(spec.models) if spec.fallbacks else UNSET


def _describe_error(event: RunFailed) -> dict[str, Any]:
    return {name: value for name, value in to_wire(event).items() if name not in ("draft", "metadata")}


def _format(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)
