"""Tells what happens to a run: every event goes through here, so that history and percentage are never wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from domain.run.events import Event, Progressed
from domain.run.history import History
from domain.run.model import Stage


@frozen(kw_only=True)
class Narrator:
    """Folds the events of one run into `history` as they are told."""

    history: History
    now: Callable[[], datetime]

    def tell(self, *events: Event) -> tuple[Event, ...]:
        """Fold events that belong in one append, and return them."""
        for event in events:
            self.history.apply(event, time=self.now())
        return events

    def progress(
        self,
        stage: Stage,
        message: str,
        percent: int,
        *,
        attempt: int | None = None,
        retry_in_seconds: float | None = None,
        model: str | None = None,
    ) -> tuple[Event, ...]:
        """Return the progress that is to be told: nothing where neither stage, message nor percentage changed."""
        held = max(percent, self.history.percent)
        if (stage, message, held) == (self.history.stage, self.history.message, self.history.percent):
            return ()
        event = Progressed(
            stage=stage,
            message=message,
            progress=held,
            attempt=attempt,
            retry_in_seconds=retry_in_seconds,
            model=model,
        )
        return (event,)
