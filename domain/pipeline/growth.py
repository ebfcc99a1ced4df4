"""How one call of a writing stage grows, and how it came to its end."""

from __future__ import annotations

from attrs import define

from domain.completion import Completion
from domain.content.finding import Finding
from domain.errors import ProviderError
from domain.pipeline.call import DeadlineMetError
from domain.run.events import INTERRUPTED
from domain.run.limits import LimitName

Failure = ProviderError | DeadlineMetError


@define
class Growth:
    """One call: its text, of which everything before `watched` was watched, and how it came to its end.

    A finding ends it early; a `limit` forbids it from the start. After a failure there is another call in
    `seconds_until_next`, None: no more.
    """

    text: str = ""
    watched: int = 0
    finding: Finding | None = None
    failure: Failure | None = None
    completion: Completion | None = None
    limit: LimitName | None = None
    seconds_until_next: float | None = None

    @property
    def is_due(self) -> bool:
        """Whether enough came for another look: steps grow with the text, so that all looks together stay linear."""
        return len(self.text) - self.watched >= max(32, len(self.text) // 50)

    @property
    def failure_code(self) -> str | None:
        """What its usage says of how it ended."""
        if self.failure is not None:
            return self.failure.code
        return None if self.finding is not None or self.completion is not None else INTERRUPTED
