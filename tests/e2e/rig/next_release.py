"""The rig's commands as a later release might be: it writes an event of a type that this one does not know.

Its store has a change of its tables that this release can live with. `python -m tests.e2e.rig.next_release work`.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

from attrs import frozen

import domain.run.events as events

NEW_TYPE = "weather"


@frozen(kw_only=True)
class WeatherSeen:
    """What this release knows nothing of."""

    type: Literal["weather"] = "weather"
    wind: str = "fresh"


# Before anything reads it: a release knows its own events.
events.EVENT_CLASSES = {**events.EVENT_CLASSES, NEW_TYPE: WeatherSeen}  # type: ignore[dict-item]

import domain.run.history as history  # noqa: E402
from adapters.stores.postgresql import migration, schema  # noqa: E402
from domain.pipeline.pipeline import ContentPipeline  # noqa: E402
from domain.pipeline.run import Run  # noqa: E402
from entrypoints import executor  # noqa: E402
from tests.e2e.rig import serve  # noqa: E402


class NextPipeline(ContentPipeline):
    """Tells of the weather beside every draft."""

    async def run_stream(self, run: Run) -> AsyncGenerator[tuple[Any, ...], None]:
        async with aclosing(super().run_stream(run)) as steps:
            async for step in steps:
                has_draft = any(isinstance(event, events.DraftWritten) for event in step)
                yield (*step, WeatherSeen()) if has_draft else step


class NextHistory(history.History):
    """Knows that the weather changes nothing."""

    def apply(self, event: Any, **place: Any) -> None:
        known = isinstance(event, WeatherSeen)
        super().apply(events.UnknownEvent(type=NEW_TYPE, data=b"{}") if known else event, **place)


def become_the_next_release() -> None:
    """Put the later release's parts in the place of this one's."""
    executor.ContentPipeline = NextPipeline  # type: ignore[misc]
    before = history.History
    for module in list(sys.modules.values()):
        if getattr(module, "History", None) is before:
            module.History = NextHistory  # type: ignore[attr-defined]
    column = schema.Migration(sql="ALTER TABLE runs ADD COLUMN weather text;", usable_from=1)
    migration.migrate.__defaults__ = ((*schema.MIGRATIONS, column),)


if __name__ == "__main__":
    become_the_next_release()
    serve.main(sys.argv[1])
