"""POST /runs/{run_id}/ticket: letting a client without headers follow a run."""

from __future__ import annotations

from msgspec import Struct
from quart import Blueprint, Response

from entrypoints.http.answers import answer
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.operation import Link, Operation, json_of, operation
from entrypoints.http.ticket import sign_ticket
from entrypoints.ownership import find_run

blueprint = Blueprint("run_ticket", __name__)


class RunTicket(Struct, frozen=True):
    """A ticket to stand as `?ticket=` in the address of the run's events, for `expires_in` seconds, as often as wanted.

    It opens this run's events and nothing else; a stream that it opened ends with the token it was made with.
    """

    ticket: str
    expires_in: int


@blueprint.post("/runs/<run_id>/ticket")
@operation(
    Operation(
        summary="Make a ticket with which EventSource can follow a run",
        tag="events",
        answers={
            200: json_of(
                RunTicket,
                "The ticket.",
                links=(Link("follow_one", {"run_id": "$request.path.run_id", "ticket": "$response.body#/ticket"}),),
            )
        },
        problems=(404,),
    )
)
async def make_ticket(run_id: str) -> Response:
    """Answer with a ticket; nothing of it is kept here."""
    services = current_services()
    run = await find_run(services, principal(), run_id)
    ticket, seconds = sign_ticket(run.id, principal(), now=services.clock.now(), secret_key=services.secret_key)
    return answer(RunTicket(ticket=ticket, expires_in=seconds))
