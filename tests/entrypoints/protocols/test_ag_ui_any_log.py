"""Whatever a run does and wherever its streams are cut: a client that comes back has what the log says, and no more."""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.run.codec import decode_event
from domain.run.events import StageRestarted, TextFormatted, TextGrew
from domain.run.history import History
from domain.run.model import Record
from entrypoints.http.cursor import parse_cursor
from entrypoints.http.position import Position
from entrypoints.http.protocols.ag_ui_frames import begin_frames
from entrypoints.http.protocols.ag_ui_input import RunAgentInput
from tests.effort import effort
from tests.entrypoints.protocols.ag_ui_client import AgUiClient
from tests.entrypoints.protocols.logs import logs
from tests.examples import RUN_ID

QUESTION = {"id": "q", "role": "user", "content": "tea"}
POSTED = RunAgentInput(thread_id="t", run_id="r", messages=[])
Log = tuple[Record, ...]


def stream(log: Log, client: AgUiClient, chance: Random, *, has_cursor: bool) -> bytes:
    """Return all that a client is sent of a log when it comes back with what it has."""
    position = None
    if has_cursor and client.last_id is not None:
        seq = parse_cursor(client.last_id).seq
        position = Position(after=seq, is_over=seq == len(log))
    frames = begin_frames(POSTED, [dict(each) for each in client.messages], run_id=RUN_ID, position=position)
    sent, rest = b"", list(log)
    while rest:
        size = chance.randint(1, len(rest))
        sent += frames.encode(rest[:size])
        del rest[:size]
    return sent


def follow(log: Log, chance: Random, *, cuts: int, cursors: float) -> AgUiClient:
    """Return a client that was cut so often, at any byte, and sent its cursor in that share of its returns."""
    client = AgUiClient([dict(QUESTION)])
    for _ in range(cuts):
        data = stream(log, client, chance, has_cursor=chance.random() < cursors)
        client.read(data[: chance.randrange(len(data) + 1)])
        client.end = None
    client.read(stream(log, client, chance, has_cursor=chance.random() < cursors))
    return client


def texts_of(log: Log) -> list[str]:
    """Return the texts that were written and not taken back, as the log's own events say."""
    events = [(record.seq, decode_event(record)) for record in log]
    taken_back = [event.supersedes for _, event in events if isinstance(event, StageRestarted) and event.supersedes]
    texts: list[str] = []
    for seq, event in events:
        if isinstance(event, TextFormatted) and event.edits is not None:
            texts.append(event.text)
        if isinstance(event, TextGrew) and not any(span.from_seq <= seq <= span.to_seq for span in taken_back):
            texts[len(texts) :] = [""] if event.offset == 0 else []
            texts[-1] += event.text
    return texts


@settings(max_examples=effort(80, 300), deadline=None)
@given(log=logs(), chance=st.randoms(use_true_random=False), cuts=st.integers(0, 4))
def test_a_client_ends_with_what_the_log_says_wherever_it_was_cut(log: Log, chance: Random, cuts: int) -> None:
    client = follow(log, chance, cuts=cuts, cursors=0.7)

    end, history = client.end, History.fold(log)
    data = msgspec.json.decode(log[-1].data)
    assert end is not None
    assert client.messages[0] == QUESTION
    own = client.messages[1:]
    if data["type"] == "complete":
        assert own == [{"id": RUN_ID, "role": "assistant", "content": data["output"]}]
        assert end == {"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "result": data}
    else:
        code = data.get("code", "cancelled")
        assert end == {"type": "RUN_ERROR", "message": data["message"], "code": code, "rawEvent": data}
        assert [message["content"] for message in own] == texts_of(log)
    assert (client.state["stage"], client.state["progress"]) == (history.stage, history.percent)


@settings(max_examples=effort(40, 100), deadline=None)
@given(log=logs(), chance=st.randoms(use_true_random=False), cuts=st.integers(0, 4))
def test_a_client_that_sends_its_cursor_is_told_of_each_event_once(log: Log, chance: Random, cuts: int) -> None:
    client = follow(log, chance, cuts=cuts, cursors=1.0)

    shown_otherwise = {"progress", "delta", "complete", "error", "cancelled"}
    assert [value for _, value in client.customs] == [
        msgspec.json.decode(record.data) for record in log if record.type not in shown_otherwise
    ]
