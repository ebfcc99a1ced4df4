"""A run as the pipeline sees it: what was admitted, and what there is of it so far."""

from __future__ import annotations

from attrs import define

from domain.content.prompt import PromptSet
from domain.run.events import RestartReason, TokensUsed
from domain.run.history import History
from domain.run.model import RunSpec


@define(kw_only=True)
class Run:
    """What a pipeline carries out, from wherever `history` says that it stands.

    `owner` is the user whose daily limits it counts for, `epoch` that of the lease under which it is carried out, and
    `age_seconds` what the store says of its age, None where this process's clock is the only one.
    `restart_reason` says why an earlier worker did not finish it. `cut_call` is what the call used that was under way
    when the pipeline was interrupted; whoever interrupted it records that.
    """

    id: str
    spec: RunSpec
    prompt_set: PromptSet
    history: History
    owner: str = ""
    epoch: int = 0
    age_seconds: float | None = None
    restart_reason: RestartReason | None = None
    cut_call: TokensUsed | None = None
