"""How a call ends: a run's terminal event, or a refusal, as the result of a tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from mcp_types import CallToolResult, TextContent

from domain.errors import GalleyError
from domain.run.codec import decode_event, finding_to_wire
from domain.run.events import RunCancelled, RunCompleted, RunFailed
from domain.run.model import Record
from entrypoints.http.problems import problem_of
from entrypoints.http.protocols.mcp_message import describe_problem
from entrypoints.http.run_record import read_history
from entrypoints.services import Services


async def end_call(services: Services, record: Record) -> CallToolResult:
    """Return the result of a run that has ended.

    A text that has not passed is no error of the tool: it is the result, with a second text that says what it lacks.
    """
    event = decode_event(record)
    match event:
        case RunCompleted():
            findings = [] if event.success else await _find_findings(services, record.run_id)
            texts = [event.output] if event.success else [event.output, _explain(findings, event.metadata)]
            return _make(texts, record, event.metadata, output=event.output, success=event.success, findings=findings)
        case RunFailed():
            again = " It is worth trying again." if event.retryable else ""
            error = {"code": event.code, "message": event.message, "retryable": event.retryable}
            text = f"{event.message}{again} (run {record.run_id})"
        case RunCancelled():
            error = {"code": "cancelled", "message": event.message, "retryable": False}
            text = f"{event.message} (run {record.run_id})"
        case _:
            raise ValueError(f"{record.type} is not a terminal event")
    findings = await _find_findings(services, record.run_id)
    return _make([text], record, event.metadata, output=event.draft, findings=findings, error=error)


async def refuse_call(error: GalleyError) -> CallToolResult:
    """Return the result of a call that started no run: what to mend, in words that a model can act upon."""
    made = problem_of(error)
    problem = msgspec.json.decode(bytes(await made.get_data(as_text=False)))
    told = {"code": problem["code"], "message": problem["detail"], "retryable": made.status_code in (429, 503)}
    told |= {"errors": problem["errors"]} if "errors" in problem else {}
    told |= {"retry_after": int(made.headers["Retry-After"])} if "Retry-After" in made.headers else {}
    return CallToolResult(
        content=[TextContent(text=describe_problem(problem))],
        structured_content=_structure(None, "refused", error=told),
        is_error=True,
    )


def _make(
    texts: Iterable[str],
    record: Record,
    metadata: Mapping[str, Any],
    *,
    output: str | None,
    findings: list[dict[str, Any]],
    success: bool = False,
    error: dict[str, Any] | None = None,
) -> CallToolResult:
    said = {"output": output, "success": success, "findings": findings, "metadata": dict(metadata)}
    said["output_format"] = metadata.get("output_format")
    return CallToolResult(
        content=[TextContent(text=text) for text in texts],
        structured_content=_structure(record.run_id, record.type, error=error, **said),
        is_error=error is not None,
    )


def _structure(run_id: str | None, status: str, *, error: dict[str, Any] | None, **said: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"success": False, "output": None, "output_format": None, "findings": [], "metadata": {}}
    return {"run_id": run_id, "status": status, **nothing, **said, "error": error}


def _explain(findings: list[dict[str, Any]], metadata: Mapping[str, Any]) -> str:
    limit = f" before the limit {metadata['limit']} was met" if metadata.get("limit") else ""
    listed = "".join(f"\n- {finding['check']}: {finding['message']}" for finding in findings)
    return f"The text above has not passed its checks{limit}.{listed}"


async def _find_findings(services: Services, run_id: str) -> list[dict[str, Any]]:
    """Return what the checks have against the best text of the run."""
    best = (await read_history(services, run_id)).best
    return [] if best is None else [finding_to_wire(finding) for finding in best.findings or ()]
