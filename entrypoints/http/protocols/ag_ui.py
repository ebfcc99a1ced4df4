"""POST /ag-ui: the same run for clients that speak AG-UI."""

from __future__ import annotations

from quart import Blueprint, Response, request

from domain.errors import IdempotencyConflictError, RunNotFoundError
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.cursor import Cursor, parse_cursor
from entrypoints.http.follow import follow_run
from entrypoints.http.operation import Answer, Frames, Operation, operation
from entrypoints.http.position import Position, locate, read_last_event_id
from entrypoints.http.problems import HTTPError
from entrypoints.http.protocols.ag_ui_events import AgUiEvent
from entrypoints.http.protocols.ag_ui_frames import begin_frames
from entrypoints.http.protocols.ag_ui_input import RunAgentInput
from entrypoints.http.protocols.ag_ui_request import Asked, RunName, name_run, read_request
from entrypoints.http.run import START_PROBLEMS
from entrypoints.http.shape import shape
from entrypoints.http.sse import CONTENT_TYPE
from entrypoints.http.stream import SSE, endless, run_headers, sse_pieces
from entrypoints.ownership import find_run
from entrypoints.services import Services
from entrypoints.start import CONFLICT, is_request_of, read_trace_id, start_run

blueprint = Blueprint("ag_ui", __name__)

_STREAM = Frames(
    meaning=(
        "One of the server-sent events of the stream; its `data` is an AG-UI event, one line of JSON. The last one of "
        "those that an event of the run becomes has an `id` to send back as Last-Event-ID. Only RUN_FINISHED and "
        "RUN_ERROR are an end: a stream without them was cut, and the same POST goes on. Comment lines are heartbeats."
    ),
    data=AgUiEvent,
)


@blueprint.post("/ag-ui")
@operation(
    Operation(
        summary="Start a run, or go on with one, and stream it as AG-UI events",
        tag="protocols",
        request=RunAgentInput,
        headers=("Last-Event-ID", "traceparent"),
        answers={
            200: Answer(
                meaning="The run as AG-UI events, from its beginning or from where the client left it.",
                content={SSE: _STREAM},
                headers=("Location", "Content-Location", "X-Run-Id"),
            ),
        },
        problems=(*START_PROBLEMS, 409),
    )
)
async def run_ag_ui() -> Response:
    """Stream the run that the input stands for: a new one where nobody has posted it before."""
    services, sent = current_services(), await read_body(dict)
    posted = shape(sent, RunAgentInput)
    last_event_id = read_last_event_id()
    cursor = None if last_event_id is None else parse_cursor(last_event_id)
    name = name_run(services, principal(), posted)
    asked = await read_request(services, posted, name)
    if cursor is None:
        await _start(services, asked, name)
    position = None if cursor is None else await _find_position(services, asked, name, cursor)
    frames = begin_frames(posted, sent["messages"], run_id=name.id, position=position)
    batches = follow_run(services, name.id, principal=principal())
    return endless(sse_pieces(batches, frames.encode), CONTENT_TYPE, run_headers(services, name.id))


async def _start(services: Services, asked: Asked, name: RunName) -> None:
    """Start the run where it is not there yet; raises as `start_run` does."""
    trace_id = read_trace_id(request.headers.get("traceparent"))
    with asked.pointing_into_input():
        await start_run(services, principal(), asked.request, key=name.key, trace_id=trace_id)


async def _find_position(services: Services, asked: Asked, name: RunName, cursor: Cursor) -> Position:
    """Return where a client goes on with a run that is there; a run is never started for a cursor.

    Raises:
        HTTPError: 409, the cursor is of no run, or of another one.
        IdempotencyConflictError: The run was started from another input.
    """
    try:
        run = await find_run(services, principal(), cursor.run_id)
    except RunNotFoundError:
        detail = "There is no such run to go on with; leave out Last-Event-ID to start one."
        raise HTTPError(409, "unknown_run", detail) from None
    position = await locate(services, name.id, cursor)
    _, content = await services.runs.get(run.id)
    if not is_request_of(run, content, asked.request):
        raise IdempotencyConflictError(CONFLICT)
    return position
