"""/runs: one's own history, and what can be done with a run that exists."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from quart import Blueprint, Response

from domain.run.model import RunQuery, RunStatus
from domain.user import Role
from entrypoints.http.answers import RunAccepted, RunList, RunRecord, answer
from entrypoints.http.authenticate import current_services, principal, require_role
from entrypoints.http.follow import wait_for_end
from entrypoints.http.operation import Answer, Link, Operation, json_of, operation
from entrypoints.http.queries import read_query
from entrypoints.http.requests import read_preference
from entrypoints.http.run_record import describe, find_delivery, read_history, summarize
from entrypoints.ownership import cancel_run, delete_run, find_run

blueprint = Blueprint("runs", __name__)


class RunsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which runs to list; `status` may be repeated, `text` is looked for in inputs and tags."""

    status: list[RunStatus] = []
    prompt: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    text: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    after: Annotated[str, Meta(max_length=500)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    everyone: bool = False


@blueprint.get("/runs")
@operation(
    Operation(
        summary="List one's own runs, newest first; admins may ask for everyone's",
        tag="runs",
        query=RunsQuery,
        answers={
            200: json_of(
                RunList, "One page of runs.", links=(Link("show_run", {"run_id": "$response.body#/runs/0/run_id"}),)
            )
        },
        problems=(400, 403, 422),
    )
)
async def list_runs() -> Response:
    """Answer with one page."""
    query = read_query(RunsQuery)
    if query.everyone:
        require_role(Role.ADMIN)
    page = await current_services().runs.list(
        RunQuery(
            owner=None if query.everyone else principal().user_id,
            statuses=frozenset(query.status),
            prompt=query.prompt,
            text=query.text,
            after=query.after,
            limit=query.limit,
        )
    )
    return answer(RunList(runs=[summarize(run) for run in page.runs], next=page.next))


@blueprint.get("/runs/<run_id>")
@operation(
    Operation(
        summary="Show everything that a run's log folds to",
        tag="runs",
        answers={200: json_of(RunRecord, "The run.")},
        problems=(404,),
    )
)
async def show_run(run_id: str) -> Response:
    """Answer with the run; its `cursor` is where its events go on."""
    services = current_services()
    await find_run(services, principal(), run_id)
    history = await read_history(services, run_id)
    # Read again after the log: a run that has ended meanwhile is not shown as live beside its terminal event.
    run = await find_run(services, principal(), run_id)
    if run.finished_at is not None and history.terminal is None:
        # It ended between the two; its end is in the log now, and nothing comes after it.
        history = await read_history(services, run_id)
    delivery = await find_delivery(services, run)
    return answer(describe(run, history, delivery, is_own=run.owner == principal().user_id))


@blueprint.delete("/runs/<run_id>")
@operation(
    Operation(
        summary="Delete a run that has ended",
        tag="runs",
        answers={204: Answer(meaning="The run and its events are gone.")},
        problems=(404, 409),
    )
)
async def remove_run(run_id: str) -> Response:
    """Remove the run; 409 while it is live."""
    await delete_run(current_services(), principal(), run_id)
    return Response(status=204)


@blueprint.post("/runs/<run_id>/cancel")
@operation(
    Operation(
        summary="Cancel a run",
        tag="runs",
        headers=("Prefer",),
        answers={
            200: json_of(RunAccepted, "The run has ended, with that status.", headers=("Preference-Applied",)),
            202: json_of(
                RunAccepted,
                "The cancel is asked for; the event `cancelled` tells when it is done.",
                headers=("Preference-Applied",),
            ),
        },
        problems=(404, 503),
    )
)
async def cancel(run_id: str) -> Response:
    """Ask for the cancel, and wait for its effect where the client prefers to."""
    services = current_services()
    status = await cancel_run(services, principal(), run_id)
    preference = read_preference()
    if not status.is_terminal and preference.wait_seconds:
        await wait_for_end(services, run_id, seconds=preference.wait_seconds)
        status = (await services.log.tail(run_id)).status
    headers = {"Preference-Applied": preference.applied} if preference.applied else {}
    return answer(RunAccepted(run_id=run_id, status=status), 200 if status.is_terminal else 202, headers)
