"""The rig's checker is silent about a sound run, restarts included, and names each thing that can be broken."""

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.evidence import Call, Evidence, StoredEvent, StoredState, write_inputs
from tests.e2e.rig.invariants import find_breaks
from tests.e2e.rig.sse_reader import Frame

RUN = "run-1"
INPUTS = write_inputs({"topic": "Kites"})
SECOND_EPOCH_FROM = 5
START_SECONDS = 1_767_225_600.0


def make_fields() -> list[dict[str, Any]]:
    """A run whose first worker died in the generator."""
    return [
        {"type": "run", "status": "queued"},
        {"type": "progress", "stage": "load_prompts", "progress": 10},
        {"type": "progress", "stage": "generator", "progress": 30},
        {"type": "delta", "stage": "generator", "attempt": 1, "text": "Ki", "offset": 0},
        {
            "type": "restarted",
            "stage": "generator",
            "attempt": 1,
            "reason": "worker_lost",
            "supersedes": {"from_seq": 4, "to_seq": 4},
        },
        {"type": "delta", "stage": "generator", "attempt": 1, "text": "Kit😀", "offset": 0},
        {"type": "delta", "stage": "generator", "attempt": 1, "text": "s", "offset": 4},
        {"type": "draft", "stage": "generator", "progress": 50, "draft": "Kit😀s"},
        {"type": "text", "stage": "formatter", "attempt": 1, "text": "Kit😀s"},
        {"type": "findings", "attempt": 1, "passed": True, "findings": []},
        {"type": "progress", "stage": "done", "progress": 100},
        {"type": "complete", "success": True, "output": "Kit😀s"},
    ]


def store(fields: list[dict[str, Any]]) -> tuple[StoredEvent, ...]:
    """Number, time and encode fields as a log holds them; what they bring of seq and time stays."""
    events = []
    for place, given in enumerate(fields):
        seq = place + 1
        full = {"run_id": RUN, "seq": seq, "time": f"2026-01-01T00:00:{seq:02}.000Z"} | given
        epoch = 0 if seq == 1 else 1 if seq < SECOND_EPOCH_FROM else 2
        events.append(StoredEvent(seq=seq, epoch=epoch, type=full["type"], data=json.dumps(full)))
    return tuple(events)


def show(events: tuple[StoredEvent, ...], user: str = "ada") -> ClientLog:
    """What a client is shown of a log."""
    frames = [Frame(id=f"{RUN}:{event.epoch}-{event.seq}", event=event.type, data=event.data) for event in events]
    return ClientLog(user=user, run_id=RUN, frames=frames)


def call(number: int, *, began: float, **changes: Any) -> Call:
    made = Call(id=str(number), inputs=INPUTS, stage="generator", attempt=1, began=START_SECONDS + began)
    return attrs.evolve(made, **changes)


def prove(fields: list[dict[str, Any]], **changes: Any) -> Evidence:
    events = store(fields)
    good = Evidence(
        clients=(show(events), show(events)),
        events={RUN: events},
        states={RUN: StoredState(owner="ada", status="complete", inputs=INPUTS)},
        calls=(call(1, began=3), call(2, began=5)),
    )
    return attrs.evolve(good, **changes)


def change(place: int, **fields: Any) -> list[dict[str, Any]]:
    changed = make_fields()
    changed[place] |= fields
    return changed


def only_first_client(edit: Callable[[ClientLog], None]) -> Evidence:
    evidence = prove(make_fields())
    edit(evidence.clients[0])
    return evidence


def state(**changes: Any) -> dict[str, StoredState]:
    return {RUN: attrs.evolve(StoredState(owner="ada", status="complete", inputs=INPUTS), **changes)}


def cut_end() -> list[dict[str, Any]]:
    return make_fields()[:-1]


def swap_frames(log: ClientLog) -> None:
    log.frames[2], log.frames[3] = log.frames[3], log.frames[2]


def repeat_frame(log: ClientLog) -> None:
    log.frames.insert(4, log.frames[3])


def lose_frame(log: ClientLog) -> None:
    del log.frames[5]


def invent_frame(log: ClientLog) -> None:
    log.frames[3] = attrs.evolve(log.frames[3], data=log.frames[3].data.replace("Ki", "Ko"))


def misname_epoch(log: ClientLog) -> None:
    log.frames[3] = attrs.evolve(log.frames[3], id=f"{RUN}:7-4")


def mix_in_another_run(log: ClientLog) -> None:
    log.frames[3] = attrs.evolve(log.frames[3], id="run-2:1-4")


def begin_in_epoch_9(events: tuple[StoredEvent, ...]) -> tuple[StoredEvent, ...]:
    return attrs.evolve(events[0], epoch=9), *events[1:]


def test_a_sound_run_has_no_breaks() -> None:
    assert find_breaks(prove(make_fields())) == []


def test_a_run_under_way_has_no_breaks_while_somebody_holds_it() -> None:
    evidence = prove(cut_end(), is_over=False, states=state(status="running", is_leased=True))

    assert find_breaks(evidence) == []


def test_a_client_that_stopped_early_has_no_breaks_while_runs_go_on() -> None:
    evidence = only_first_client(lambda log: log.frames.__delitem__(slice(6, None)))

    assert find_breaks(attrs.evolve(evidence, is_over=False)) == []


@pytest.mark.parametrize(
    ("evidence", "broken"),
    [
        (prove(make_fields(), states={}), "INV1: run run-1 was acknowledged"),
        (prove(make_fields(), events={RUN: store(make_fields())[:-1]}), "INV1: run-1:2-12 (complete) was shown"),
        (only_first_client(invent_frame), "INV1: run-1:1-4 (delta) was shown"),
        (only_first_client(misname_epoch), "INV1: run-1:7-4 is stored under epoch 1"),
        (only_first_client(swap_frames), "INV2: a client of run-1 has seq 4 in place 3"),
        (only_first_client(repeat_frame), "INV2: a client of run-1 has seq 4 in place 5"),
        (only_first_client(lose_frame), "INV2: a client of run-1 has seq 7 in place 6"),
        (prove(change(3, seq=9)), "INV2: the log of run-1 has rows whose data names another seq"),
        (prove(change(3, time="2026-01-01T00:00:01.000Z")), "INV2: the log of run-1 has a time before"),
        (
            prove(make_fields(), events={RUN: begin_in_epoch_9(store(make_fields()))}),
            "INV2: the log of run-1 has an epoch that went back",
        ),
        (prove([*make_fields(), {"type": "cancelled"}]), "INV3: the log of run-1 has 2 terminal events"),
        (prove([*make_fields(), {"type": "usage"}]), "INV3: the log of run-1 goes on after its terminal event"),
        (prove(cut_end()), "INV3: the log of run-1 has no terminal event"),
        (
            prove(make_fields(), clients=(show(store(make_fields())), show(store(change(11, output="x"))))),
            "INV3: clients",
        ),
        (
            prove(make_fields(), calls=(call(1, began=3), call(2, began=9))),
            "INV4: generator of attempt 1 of run-1 was asked for again",
        ),
        (
            prove(make_fields(), calls=(call(1, began=3, inputs="{}"),)),
            "INV4: the provider was asked for no run of ours",
        ),
        (
            prove(make_fields(), calls=tuple(call(n, began=3) for n in range(3))),
            "INV4: generator of attempt 1 of run-1 was asked for 3 times",
        ),
        (
            prove(make_fields(), states=state(status="running", is_leased=True)),
            "INV5: run run-1 is running, its log ends with complete",
        ),
        (prove(cut_end(), states=state(status="running", is_leased=True)), "INV5: run run-1 never ended"),
        (
            prove(cut_end(), is_over=False, states=state(status="running")),
            "INV5: run run-1 is running and nobody holds it",
        ),
        (prove(make_fields(), integrity="row 7 missing from index"), "INV6: integrity_check says row 7"),
        (prove(make_fields(), states=state(owner="eve")), "INV7: ada was shown run-1, which is eve's"),
        (only_first_client(mix_in_another_run), "INV7: a stream of run-1 held events of run-2"),
        (
            only_first_client(lambda log: log.faults.append("a blank event")),
            "WIRE: a client of run-1 met a blank event",
        ),
        (only_first_client(lambda log: setattr(log, "dropped", 3)), "WIRE: a client of run-1 was told to drop 3"),
        (prove(change(10, progress=40)), "PERCENT: the log of run-1 goes back"),
        (prove(change(6, offset=5)), "TEXT: the log of run-1 has a delta at offset 5 behind 4 characters"),
        (prove(change(6, text="")), "TEXT: the log of run-1 has an empty delta"),
        (
            prove(change(4, supersedes=None)),
            "TEXT: the log of run-1 restarts generator (seq 5) and leaves the deltas [4]",
        ),
        (prove(change(7, draft="Kites")), "TEXT: the log of run-1 has a draft of 5 characters and deltas of 5"),
    ],
)
def test_each_breach_is_named(evidence: Evidence, broken: str) -> None:
    assert any(breach.startswith(broken) for breach in find_breaks(evidence)), find_breaks(evidence)


def test_a_provider_that_failed_may_be_asked_once_more() -> None:
    fields = change(2, attempt=1, retry_in_seconds=1.5)
    calls = tuple(call(number, began=number) for number in range(1, 4))

    assert find_breaks(prove(fields, calls=calls)) == []
