"""Repair: which text a further attempt starts from, and whether it asks for edits or for the whole text."""

from __future__ import annotations

from domain.content.places import is_local
from domain.pipeline.run import Run
from domain.pipeline.stages import WritingStage
from domain.pipeline.stages.edit import EditStage
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.pipeline.stages.retry import RetryStage


def make_repair_stage(run: Run, prompts: LoadedPrompts, attempt: int) -> WritingStage:
    """Repair the best text so far: by edits where its findings are local, unless edits did not apply before."""
    history = run.history
    base = history.best or history.attempts[max(history.attempts)]
    if base.text is None or history.unusable_edits or not is_local(base.findings or (), base.text):
        return RetryStage(run=run, prompts=prompts, base=base, attempt=attempt)
    return EditStage(run=run, prompts=prompts, base=base, attempt=attempt)
