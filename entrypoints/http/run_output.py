"""GET /runs/{run_id}/output: what a run ended with, as a file."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct
from quart import Blueprint, Response

from domain.content.exports import EXPORTS, OWN_EXPORT, Export, ExportFormat, export_output
from domain.content.exports.filename import describe_download
from domain.errors import RunLiveError
from domain.run.events import RunCompleted
from domain.run.model import StoredRun
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.operation import Answer, Operation, operation
from entrypoints.http.problems import HTTPError
from entrypoints.http.queries import read_query
from entrypoints.http.run_record import read_history
from entrypoints.ownership import find_run
from entrypoints.services import Services

blueprint = Blueprint("run_output", __name__)

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class OutputQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """As which file; the run's own format by default."""

    format: ExportFormat | None = None


def _describe(media_type: str) -> dict[str, Any]:
    return {} if media_type == "application/json" else {"type": "string", "format": "binary"}


@blueprint.get("/runs/<run_id>/output")
@operation(
    Operation(
        summary="Download the output of a run that has ended as a file",
        tag="runs",
        query=OutputQuery,
        answers={
            200: Answer(
                meaning="The file.",
                content={kind: _describe(kind) for kind in EXPORTS.values()},
                headers=("Content-Disposition",),
            )
        },
        problems=(404, 409, 422),
    )
)
async def download_output(run_id: str) -> Response:
    """Answer with the file as an attachment, so that no browser shows it as a page of ours."""
    services = current_services()
    run = await find_run(services, principal(), run_id)
    wanted = read_query(OutputQuery).format or OWN_EXPORT[run.spec.output_format]
    export = await _export(services, run, wanted)
    return Response(
        export.data,
        content_type=export.media_type,
        headers={"Content-Disposition": describe_download(export.filename), "Content-Security-Policy": POLICY},
    )


async def _export(services: Services, run: StoredRun, wanted: ExportFormat) -> Export:
    end = (await read_history(services, run.id)).terminal
    if end is None:
        raise RunLiveError("The run has not ended yet; ask for its output when it has.")
    if not isinstance(end, RunCompleted):
        raise HTTPError(409, "no_output", "The run ended without an output; its record has the draft, if there is one.")
    name = run.spec.prompt.name
    return await asyncio.to_thread(export_output, end.output, run.spec.output_format, wanted, title=name)
