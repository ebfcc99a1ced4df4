"""What tests of the pipeline start from: a small prompt set, a provider that follows a script, and a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from adapters.clock import ManualClock
from adapters.providers.scripted import Pause, Script, ScriptedProvider, Stall
from domain.content.prompt_set import read_prompt_set
from domain.errors import ProviderCutError, ProviderError
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.run import Run
from domain.pipeline.surroundings import Surroundings
from domain.run.events import Event, Progressed, RestartReason, TextGrew
from domain.run.history import History
from domain.run.limits import Limits
from tests.examples import QUEUED, RUN_ID, make_records, make_spec

NOTE: Mapping[str, Any] = {
    "name": "note",
    "title": "Note",
    "description": "A note on a topic.",
    "inputs": {"type": "object", "required": ["topic"], "properties": {"topic": {"type": "string", "title": "Topic"}}},
    "output_format": "markdown",
    "prompts": {"generator": {"system": "You write notes.", "user": "Write about {{ topic }}."}},
}
LONG_ENOUGH = ({"check": "words", "min": 3},)


async def compute_here(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do pure work here and now."""
    return work(*arguments)


def make_run(
    *events: Event,
    checks: Sequence[Mapping[str, Any]] = (),
    limits: Limits | None = None,
    restart_reason: RestartReason | None = None,
    **document: Any,
) -> Run:
    """Return a run of the note whose log holds events behind its first one."""
    return Run(
        id=RUN_ID,
        spec=make_spec(checks=tuple(checks), limits=limits or Limits()),
        prompt_set=read_prompt_set({**NOTE, **document}),
        history=History.fold(make_records((QUEUED, *events), seconds_apart=0.0)),
        restart_reason=restart_reason,
    )


def provide(*scripts: Script | str | ProviderError, clock: ManualClock | None = None) -> ScriptedProvider:
    """Return a provider that gives one answer a call; an error stands for a call that fails before it answers."""
    played = [Script(failure=script) if isinstance(script, ProviderError) else script for script in scripts]
    return ScriptedProvider(played, clock=clock or ManualClock())


def write(*pieces: str | Pause | Stall, **ending: Any) -> Script:
    """Return an answer that comes in these pieces."""
    return Script(pieces=pieces, **ending)


def write_and_cut(*pieces: str) -> Script:
    """Return an answer that is cut behind these pieces."""
    return Script(pieces=pieces, failure=ProviderCutError("The model's answer ended before it was whole."))


def make_pipeline(
    provider: ScriptedProvider,
    clock: ManualClock | None = None,
    **changes: Any,
) -> ContentPipeline:
    """Return a pipeline around a provider, with half a chance and time that stands still."""
    around = {"chance": lambda: 0.5, "offload": compute_here, "clock": clock or ManualClock()} | changes
    return ContentPipeline(Surroundings(provider=provider, **around))


async def carry_out(pipeline: ContentPipeline, run: Run) -> list[Event]:
    """Return all events of a run, in order."""
    async with aclosing(pipeline.run_stream(run)) as steps:
        return [event async for events in steps for event in events]


def types(events: Sequence[Event]) -> list[str]:
    """Return the types of events, neighbours of one type once."""
    names = [event.type for event in events]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def percents(events: Sequence[Event]) -> list[tuple[str, int]]:
    """Return stage and percentage of every progress."""
    return [(event.stage.value, event.progress) for event in events if isinstance(event, Progressed)]


def text_of(events: Sequence[Event]) -> str:
    """Return what all deltas say together."""
    return "".join(event.text for event in events if isinstance(event, TextGrew))
