"""The one checker: what must hold after any fault, and each breach of it as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.e2e.rig.calls import find_double_calls
from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.evidence import TERMINAL_TYPES, Evidence
from tests.e2e.rig.texts import find_text_breaks


def find_breaks(evidence: Evidence) -> list[str]:
    """Return every breach, each beginning with the name of what was broken; none where all holds."""
    checks = (
        find_losses,
        find_order_breaks,
        find_end_breaks,
        find_double_calls,
        find_stuck_runs,
        find_damage,
        find_strangers,
        find_wire_breaks,
        find_content_breaks,
    )
    return [breach for check in checks for breach in check(evidence)]


def find_losses(evidence: Evidence) -> Iterator[str]:
    """INV1: what a client was shown is in the database, to the byte."""
    for client in evidence.clients:
        if client.run_id is not None and client.run_id not in evidence.states:
            yield f"INV1: run {client.run_id} was acknowledged and is not stored"
        stored = {event.seq: event for event in evidence.events.get(client.run_id or "", ())}
        for frame in client.frames:
            event = stored.get(_seq(frame.id))
            if event is None or (event.data, event.type) != (frame.data, frame.event):
                yield f"INV1: {frame.id} ({frame.event}) was shown and is not stored like that"
            elif frame.id != f"{client.run_id}:{event.epoch}-{event.seq}":
                yield f"INV1: {frame.id} is stored under epoch {event.epoch}"


def find_order_breaks(evidence: Evidence) -> Iterator[str]:
    """INV2: seqs are 1, 2, 3 ... for the log and for every client, whatever was cut; epochs and times never go back."""
    for name, events in _tellings(evidence):
        seqs = [event["seq"] for event in events]
        if seqs != list(range(1, len(seqs) + 1)):
            wrong = next(place for place, seq in enumerate(seqs) if seq != place + 1)
            yield f"INV2: {name} has seq {seqs[wrong]} in place {wrong + 1}"
        times = [datetime.fromisoformat(event["time"]) for event in events]
        if any(after < before for before, after in pairwise(times)):
            yield f"INV2: {name} has a time before its predecessor's"
    for run_id, stored in evidence.events.items():
        if [event.seq for event in stored] != [event.fields["seq"] for event in stored]:
            yield f"INV2: the log of {run_id} has rows whose data names another seq"
        if any(after.epoch < before.epoch for before, after in pairwise(stored)):
            yield f"INV2: the log of {run_id} has an epoch that went back"


def find_end_breaks(evidence: Evidence) -> Iterator[str]:
    """INV3: one terminal event, the last, the same for everybody."""
    for name, events in _tellings(evidence):
        ends = [place for place, event in enumerate(events) if event["type"] in TERMINAL_TYPES]
        if len(ends) > 1:
            yield f"INV3: {name} has {len(ends)} terminal events"
        if ends and ends[0] != len(events) - 1:
            yield f"INV3: {name} goes on after its terminal event"
        if not ends and evidence.is_over:
            yield f"INV3: {name} has no terminal event"
    for run_id in {client.run_id for client in evidence.clients}:
        ends_shown = {c.frames[-1].data for c in evidence.clients if c.run_id == run_id and c.has_ended}
        if len(ends_shown) > 1:
            yield f"INV3: clients of {run_id} were shown {len(ends_shown)} different ends"


def find_stuck_runs(evidence: Evidence) -> Iterator[str]:
    """INV5: a run has ended, or is queued, or somebody holds it; its status says what its log says."""
    for run_id, state in evidence.states.items():
        events = evidence.events.get(run_id, ())
        end = events[-1].type if events and events[-1].type in TERMINAL_TYPES else None
        if (state.status if state.status in TERMINAL_TYPES else None) != end:
            yield f"INV5: run {run_id} is {state.status}, its log ends with {end or 'no terminal event'}"
        if end is None and evidence.is_over:
            yield f"INV5: run {run_id} never ended, it is {state.status}"
        if state.status == "running" and not state.is_leased:
            yield f"INV5: run {run_id} is running and nobody holds it"


def find_damage(evidence: Evidence) -> Iterator[str]:
    """INV6: the database is whole."""
    if evidence.integrity != "ok":
        yield f"INV6: integrity_check says {evidence.integrity}"


def find_strangers(evidence: Evidence) -> Iterator[str]:
    """INV7: nobody is shown another user's run, or two runs in one stream."""
    for client in evidence.clients:
        for run_id in {frame.id.partition(":")[0] for frame in client.frames}:
            state = evidence.states.get(run_id)
            if run_id != client.run_id:
                yield f"INV7: a stream of {client.run_id} held events of {run_id}"
            elif state is not None and state.owner != client.user:
                yield f"INV7: {client.user} was shown {run_id}, which is {state.owner}'s"


def find_wire_breaks(evidence: Evidence) -> Iterator[str]:
    """Frames keep the wire's rules, and no cursor that we were given is refused."""
    for client in evidence.clients:
        for fault in client.faults:
            yield f"WIRE: {_name(client)} met {fault}"
        if client.dropped:
            yield f"WIRE: {_name(client)} was told to drop {client.dropped} good frames"


def find_content_breaks(evidence: Evidence) -> Iterator[str]:
    """Percents never go back, deltas fit, and what is left of them is the draft."""
    for name, events in _tellings(evidence):
        percents = [event["progress"] for event in events if "progress" in event]
        if any(after < before for before, after in pairwise(percents)):
            yield f"PERCENT: {name} goes back: {percents}"
        yield from find_text_breaks(name, events)


def _tellings(evidence: Evidence) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield every account of a run, the log's own first, with what tells it."""
    for run_id, stored in evidence.events.items():
        yield f"the log of {run_id}", [event.fields for event in stored]
    for client in evidence.clients:
        yield _name(client), client.events


def _name(client: ClientLog) -> str:
    return f"a client of {client.run_id}"


def _seq(frame_id: str) -> int:
    tail = frame_id.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1
