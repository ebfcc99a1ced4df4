"""Whether the provider was asked, and paid, more often than a run's log accounts for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from attrs import frozen

from tests.e2e.rig.evidence import Call, Evidence, StoredEvent

FINISHING: Mapping[str, frozenset[str]] = {
    "generator": frozenset({"draft", "findings"}),
    "formatter": frozenset({"text"}),
    "validator": frozenset({"findings"}),
    "retry": frozenset({"text", "findings"}),
}


@frozen(kw_only=True)
class Asked:
    """A stage and attempt that needs one completion, and the events up to the one that shows that it has it."""

    stage: str
    attempt: int
    before: Sequence[StoredEvent]
    finish: StoredEvent | None

    @property
    def allowed_calls(self) -> int:
        """One for each epoch that found the stage unfinished, and one for each wait after a provider's failure."""
        seen = [*self.before, *([self.finish] if self.finish else [])]
        failed = sum(self._is_wait(event.fields) for event in seen if event.type == "progress")
        return max([1, *(event.epoch for event in seen)]) + failed

    def _is_wait(self, progress: dict[str, object]) -> bool:
        place = (progress["stage"], progress.get("attempt"))
        return "retry_in_seconds" in progress and place == (self.stage, self.attempt)


def find_double_calls(evidence: Evidence) -> Iterator[str]:
    """INV4: no stage is asked for again once its text is in the log, and no epoch asks twice for it."""
    known = {state.inputs for state in evidence.states.values()}
    for call in evidence.calls:
        if call.inputs not in known:
            yield f"INV4: the provider was asked for no run of ours: {call.inputs}"
    for run_id, state in evidence.states.items():
        calls = sorted((c for c in evidence.calls if c.inputs == state.inputs), key=_place)
        for (stage, attempt), group in groupby(calls, key=_place):
            asked = _read_log(evidence.events.get(run_id, ()), stage, attempt)
            yield from _find_excess(f"{stage} of attempt {attempt} of {run_id}", asked, list(group))


def _find_excess(name: str, asked: Asked, calls: Sequence[Call]) -> Iterator[str]:
    if asked.finish is not None:
        stored_at = _milliseconds(datetime.fromisoformat(asked.finish.fields["time"]).timestamp())
        if any(_milliseconds(call.began) > stored_at for call in calls):
            yield f"INV4: {name} was asked for again after its text was stored"
    if len(calls) > asked.allowed_calls:
        yield f"INV4: {name} was asked for {len(calls)} times, the log accounts for {asked.allowed_calls}"


def _read_log(events: Sequence[StoredEvent], stage: str, attempt: int) -> Asked:
    for place, event in enumerate(events):
        if event.type in FINISHING[stage] and event.fields.get("attempt", 1) == attempt:
            return Asked(stage=stage, attempt=attempt, before=events[:place], finish=event)
    return Asked(stage=stage, attempt=attempt, before=events, finish=None)


def _place(call: Call) -> tuple[str, int]:
    return call.stage, call.attempt


def _milliseconds(seconds: float) -> int:
    # The log's times are whole milliseconds, cut off; a float of one may lie a hair below it.
    return int(seconds * 1000 + 1e-3)
