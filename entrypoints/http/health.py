"""Whether the process lives, and whether it takes work."""

from __future__ import annotations

import asyncio

import structlog
from quart import Blueprint, Response

from domain.errors import GalleyError
from domain.run.model import RunQuery
from entrypoints.http.answers import Health, answer
from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Access, Operation, json_of, operation
from entrypoints.http.problems import HTTPError

blueprint = Blueprint("health", __name__, url_prefix="/health")

STORE_SECONDS = 2.0


@blueprint.get("/live")
@operation(
    Operation(
        summary="Tell that the process answers",
        tag="operation",
        access=Access.PUBLIC,
        answers={200: json_of(Health, "It does.")},
    )
)
async def is_live() -> Response:
    """Answer; nothing else is looked at, so that a slow store does not get a process killed."""
    return answer(Health(status="ok"))


@blueprint.get("/ready")
@operation(
    Operation(
        summary="Tell whether new requests should come to this process",
        tag="operation",
        access=Access.PUBLIC,
        answers={200: json_of(Health, "They may.")},
        problems=(503,),
    )
)
async def is_ready() -> Response:
    """Answer 503 while the process goes away, its worker is down, or its store can't be read."""
    services = current_services()
    if services.drain.is_set():
        raise HTTPError(503, "draining", "This process is going away.", headers={"Retry-After": "1"})
    if not services.is_working():
        raise HTTPError(503, "not_working", "The worker of this process is down.", headers={"Retry-After": "5"})
    try:
        async with asyncio.timeout(STORE_SECONDS):
            await services.runs.list(RunQuery(limit=1))
    except (GalleyError, TimeoutError):
        structlog.get_logger().warning("not ready", reason="store")
        raise HTTPError(503, "store_unavailable", "The store can't be read.", headers={"Retry-After": "1"}) from None
    return answer(Health(status="ok"))
