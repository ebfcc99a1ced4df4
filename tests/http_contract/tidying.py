"""Leaving a deployment as it was found."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

import httpx

from tests.http_contract.deployment import Session, open_http

MOST_TRIES = 20
PAUSE_SECONDS = 0.5


def delete_runs(session: Session, run_ids: Iterable[str]) -> int:
    """Cancel and delete runs; return how many there were."""
    deleted = 0
    with open_http(session.deployment.url) as http:
        for run_id in dict.fromkeys(run_ids):
            with suppress(httpx.HTTPError):
                deleted += _delete(http, session, run_id)
    return deleted


def _delete(http: httpx.Client, session: Session, run_id: str) -> bool:
    for _ in range(MOST_TRIES):
        answer = http.delete(f"/runs/{run_id}", headers=session.headers())
        match answer.status_code:
            case 429 | 503:
                time.sleep(float(answer.headers.get("Retry-After", PAUSE_SECONDS)))
            case 409:
                http.post(f"/runs/{run_id}/cancel", headers={**session.headers(), "Prefer": "wait=5"})
                time.sleep(PAUSE_SECONDS)
            case status:
                return status == 204
    return False
