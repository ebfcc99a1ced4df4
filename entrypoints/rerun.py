"""Running again: what a new run takes over from the one that it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from domain.errors import Fault, InvalidRequestError
from domain.run.model import RunRequest, StoredRun
from domain.run.rerun import RerunOf, RerunStage


def rerun_request(stored: StoredRun, changes: Mapping[str, Any], *, is_own: bool) -> RunRequest:
    """Return the request of a run with some fields replaced; without a change of prompt it keeps its pinned version.

    Somebody else's webhook is not taken over: it is that user's, and knows that user's secret only.
    """
    pin = stored.spec.prompt
    kept: dict[str, Any] = {"run_id": None, "prompt": f"{pin.name}@{pin.version}"}
    if not is_own:
        kept["webhook"] = None
    return attrs.evolve(stored.spec.request, **kept | dict(changes))


def choose_start(run_id: str, *, stage: RerunStage | None, edited: str | None, own: str | None) -> RerunOf:
    """Return from where the new run goes: by default from the formatter with an edited draft, else anew.

    `own` is the draft of that run, None where it has none.

    Raises:
        InvalidRequestError: The generator can't start from a draft, and the others can't start without.
    """
    stage = stage or ("generator" if edited is None else "formatter")
    if stage == "generator":
        if edited is not None:
            raise _refuse("is not used by `generator`, which writes its own; choose formatter or validator as `stage`")
        return RerunOf(run_id=run_id)
    draft = own if edited is None else edited
    if draft is None:
        raise _refuse(f"is required for `{stage}`: that run has no draft of its own")
    return RerunOf(run_id=run_id, stage=stage, draft=draft, edited=edited is not None)


def _refuse(message: str) -> InvalidRequestError:
    return InvalidRequestError("The run can't start there.", (Fault(pointer="/draft", message=message),))
