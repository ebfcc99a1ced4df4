"""POST /runs/{run_id}/rerun: a new run from an old one, from the beginning or from a stage with an edited draft."""

from __future__ import annotations

from quart import Blueprint, Response, request

from domain.run.model import StoredRun
from domain.run.rerun import RerunOf
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.operation import Operation, operation
from entrypoints.http.requests import RerunBody, read_idempotency_key
from entrypoints.http.run import ACCEPTED, START_PROBLEMS, accept
from entrypoints.http.run_record import read_history
from entrypoints.ownership import find_run
from entrypoints.rerun import choose_start, rerun_request
from entrypoints.services import Services
from entrypoints.start import read_trace_id, start_run

blueprint = Blueprint("rerun", __name__)


@blueprint.post("/runs/<run_id>/rerun")
@operation(
    Operation(
        summary="Start a new run from the request of an old one, with changes, or from its draft, edited",
        tag="runs",
        request=RerunBody,
        is_request_optional=True,
        examples={
            "as it was": {},
            "another topic": {"inputs": {"topic": "Pine desk lamps"}},
            "an edited draft": {"draft": "# Oak desk lamps\n\nThey last."},
        },
        headers=("Idempotency-Key", "traceparent"),
        answers={202: ACCEPTED},
        problems=(*START_PROBLEMS, 404),
    )
)
async def rerun(run_id: str) -> Response:
    """Start the new run; what the body leaves out is as it was, the prompt set's version too."""
    services = current_services()
    old = await find_run(services, principal(), run_id)
    body = await read_body(RerunBody, optional=True)
    run, _ = await start_run(
        services,
        principal(),
        rerun_request(old, body.to_changes(), is_own=old.owner == principal().user_id),
        key=read_idempotency_key(),
        trace_id=read_trace_id(request.headers.get("traceparent")),
        rerun_of=await _find_start(services, old, body),
    )
    return accept(services, run)


async def _find_start(services: Services, old: StoredRun, body: RerunBody) -> RerunOf:
    own = None
    if body.draft is None and body.stage not in (None, "generator"):
        drafted = (await read_history(services, old.id)).draft
        own = None if drafted is None else drafted.draft
    return choose_start(old.id, stage=body.stage, edited=body.draft, own=own)
