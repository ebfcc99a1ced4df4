"""POST /run and POST /run/stream: starting a run and getting what comes of it."""

from __future__ import annotations

from attrs import evolve
from quart import Blueprint, Response, request

from domain.errors import IdempotencyConflictError, RunNotFoundError
from domain.run.model import RunRequest, StoredRun
from entrypoints.http.answers import RunAccepted, RunComplete, answer
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.cursor import Cursor, parse_cursor
from entrypoints.http.follow import wait_for_end
from entrypoints.http.operation import Answer, Operation, json_of, operation
from entrypoints.http.outcome import answer_outcome
from entrypoints.http.position import read_last_event_id
from entrypoints.http.problems import HTTPError, make_problem
from entrypoints.http.requests import Preference, RunBody, read_idempotency_key, read_preference
from entrypoints.http.stream import NOTHING_MORE, RUN_HEADERS, SSE, STREAM_HEADERS, run_headers, stream_run
from entrypoints.ownership import find_run
from entrypoints.plain_text import fill_main_input
from entrypoints.services import Services
from entrypoints.start import CONFLICT, is_request_of, read_trace_id, start_run

blueprint = Blueprint("run", __name__)

START_PROBLEMS = (400, 413, 415, 422, 429, 503)
ACCEPTED = json_of(RunAccepted, "The run goes on; Location says where.", headers=("Location", "X-Run-Id"))
EXAMPLES = {
    "shortest": {"text": "Oak desk lamps"},
    "blog post": {
        "prompt": "blog-post",
        "inputs": {"topic": "Oak desk lamps"},
        "checks": [{"check": "words", "max": 2000}],
        "limits": {"attempts": 3},
        "tags": ["lamps"],
    },
}


@blueprint.post("/run")
@operation(
    Operation(
        summary="Start a run and wait for its result",
        tag="runs",
        request=RunBody,
        examples=EXAMPLES,
        headers=("Idempotency-Key", "Prefer", "traceparent"),
        answers={
            200: json_of(RunComplete, "The run is complete.", headers=("X-Run-Id", "Preference-Applied")),
            202: evolve(ACCEPTED, headers=(*ACCEPTED.headers, "Preference-Applied")),
        },
        problems=(*START_PROBLEMS, 409, 502, 504),
    )
)
async def run_and_wait() -> Response:
    """Answer with the result, or with 202 where the client does not want to wait for so long."""
    services = current_services()
    run = await _start()
    return await answer_after(services, run, read_preference())


@blueprint.post("/run/stream")
@operation(
    Operation(
        summary="Start a run, or go on with one, and stream its events",
        tag="runs",
        request=RunBody,
        examples=EXAMPLES,
        headers=("Idempotency-Key", "Last-Event-ID", "traceparent"),
        answers={
            200: Answer(
                meaning="The run's events until the terminal one.",
                content={SSE: "EventStream"},
                headers=(*RUN_HEADERS, *STREAM_HEADERS),
            ),
            204: NOTHING_MORE,
        },
        problems=(*START_PROBLEMS, 409),
    )
)
async def run_and_stream() -> Response:
    """Stream the events of a new run, of the one that a known key stands for, or of the one in Last-Event-ID."""
    services = current_services()
    last_event_id = read_last_event_id()
    cursor = None if last_event_id is None else parse_cursor(last_event_id)
    run = await _start() if cursor is None else await _find_resumed(services, cursor)
    return await stream_run(services, principal(), run, cursor)


async def _start() -> StoredRun:
    """Start the run that the request's body and headers ask for; raises as `start_run` and `read_body` do."""
    services, body = current_services(), await read_body(RunBody)
    run, _ = await start_run(
        services,
        principal(),
        await request_of(services, body),
        key=read_idempotency_key(),
        trace_id=read_trace_id(request.headers.get("traceparent")),
    )
    return run


async def request_of(services: Services, body: RunBody) -> RunRequest:
    """Return what a body asks for, with its text in its place.

    Raises:
        InvalidRequestError: The text has none.
    """
    request = body.to_request(services.default_prompt)
    return request if body.text is None else await fill_main_input(services, request, body.text)


async def _find_resumed(services: Services, cursor: Cursor) -> StoredRun:
    """Return the run that a client goes on with; never a new one, whatever the client posts beside the cursor."""
    body, key = await read_body(RunBody), read_idempotency_key()
    try:
        run = await find_run(services, principal(), cursor.run_id)
    except RunNotFoundError:
        raise HTTPError(
            409, "unknown_run", "There is no such run to go on with; leave out Last-Event-ID to start one."
        ) from None
    _, content = await services.runs.get(run.id)
    is_named = key is not None or body.run_id is not None
    if is_named and not is_request_of(run, content, await request_of(services, body)):
        raise IdempotencyConflictError(CONFLICT)
    return run


async def answer_after(services: Services, run: StoredRun, preference: Preference) -> Response:
    """Answer with the run's end once it is there, or with 202 when the client's patience is over."""
    is_immediate = preference.wait_seconds == 0 and not run.status.is_terminal
    record = None if is_immediate else await wait_for_end(services, run.id, seconds=preference.wait_seconds)
    if record is not None:
        made = answer_outcome(record)
    elif preference.wait_seconds is not None:
        made = accept(services, run)
    else:
        made = make_problem(
            503,
            "draining",
            "The wait was cut short, the run goes on: post again with the same Idempotency-Key, or see Location.",
            headers={"Retry-After": "1", "Location": f"{services.public_path}/runs/{run.id}"},
            run_id=run.id,
        )
    made.headers["X-Run-Id"] = run.id
    if preference.applied:
        made.headers["Preference-Applied"] = preference.applied
    return made


def accept(services: Services, run: StoredRun) -> Response:
    """Answer that the run goes on without this request."""
    address = run_headers(services, run.id)["Content-Location"]
    return answer(RunAccepted(run_id=run.id, status=run.status), 202, {"Location": address, "X-Run-Id": run.id})
