"""How a run's terminal event answers somebody who waited for it."""

from __future__ import annotations

import math
from http import HTTPStatus

from quart import Response

from domain.pipeline.endings import DAILY_LIMITS
from domain.run.codec import decode_event
from domain.run.events import RunCancelled, RunCompleted, RunFailed
from domain.run.model import Record
from domain.run.spending import seconds_until_next_day
from entrypoints.http.answers import answer_bytes
from entrypoints.http.problems import RETRY_SECONDS, make_problem


def answer_outcome(record: Record) -> Response:
    """Answer with a terminal record: 200 for `complete` with its data as it is, else a problem with the text so far.

    `error` is 504 when the deadline was met, 429 when the user's day is used up, 503 when it is worth retrying, else
    502; `cancelled` is 409.
    """
    event = decode_event(record)
    match event:
        case RunCompleted():
            return answer_bytes(record.data)
        case RunFailed():
            return make_problem(
                _status(event),
                event.code,
                event.message,
                run_id=record.run_id,
                stage=event.stage,
                retryable=event.retryable,
                draft=event.draft,
                metadata=event.metadata,
                headers=_headers(record, _status(event)),
            )
        case RunCancelled():
            return make_problem(
                409, "cancelled", event.message, run_id=record.run_id, draft=event.draft, metadata=event.metadata
            )
        case _:
            raise ValueError(f"{record.type} is not a terminal event")


def _headers(record: Record, status: int) -> dict[str, str]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"Retry-After": str(math.ceil(seconds_until_next_day(record.time)))}
    return {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def _status(event: RunFailed) -> int:
    limit = event.metadata.get("limit")
    if limit == "deadline_seconds":
        return 504
    if limit in DAILY_LIMITS:
        return 429
    return 503 if event.retryable else 502
