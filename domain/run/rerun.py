"""Where a run came from that was made from another one."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

RerunStage = Literal["generator", "formatter", "validator"]


@frozen(kw_only=True)
class RerunOf:
    """The run that this one was made from, and the stage from which it goes its own way.

    `draft` is the text that it starts with from `formatter` or `validator`, None where it writes one itself; `edited`
    says that it is somebody's and not that run's own.
    """

    run_id: str
    stage: RerunStage = "generator"
    draft: str | None = None
    edited: bool = False

    @property
    def provenance(self) -> dict[str, str | bool]:
        """All but the text, for whoever asks where the run came from."""
        return {"run_id": self.run_id, "stage": self.stage, "edited": self.edited}
