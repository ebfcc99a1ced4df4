"""Frames as a browser reads them, whatever is in a record."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.run.codec import encode_event
from domain.run.events import DraftWritten, TextGrew
from domain.run.model import Record, Stage
from entrypoints.http.feed import HEARTBEAT, Control
from entrypoints.http.sse import PADDING, RETRY, encode_control, encode_items, encode_record
from tests.entrypoints.event_stream import EventStream, Message

RUN = "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10"
TIME = datetime(2026, 1, 1, tzinfo=UTC)
LINE_BREAKERS = "\n\r\u2028\u2029\x85\x0b\x0c\0"
nasty_text = st.text(
    alphabet=st.one_of(st.sampled_from(LINE_BREAKERS + ":é "), st.characters(exclude_categories=["Cs"]))
)


def record_of(text: str, *, seq: int = 2) -> Record:
    event = TextGrew(stage=Stage.GENERATOR, attempt=1, text=text, offset=0)
    data = encode_event(event, run_id=RUN, seq=seq, time=TIME)
    return Record(run_id=RUN, epoch=1, seq=seq, time=TIME, type="delta", data=data)


def test_a_frame_is_id_event_and_data_with_line_feeds_only() -> None:
    record = Record(run_id=RUN, epoch=3, seq=17, time=TIME, type="draft", data=b'{"a":1}')

    assert encode_record(record) == b'id: %s:3-17\nevent: draft\ndata: {"a":1}\n\n' % RUN.encode()


@given(text=nasty_text)
@example(text="data: forged\n\nevent: complete\ndata: {}\n\n")
@example(text="\r")
@example(text="\r\n\r\n")
def test_one_record_is_one_message_with_equal_data(text: str) -> None:
    record = record_of(text)

    stream = EventStream.read(encode_record(record))

    assert stream.messages == [Message("delta", record.data.decode(), f"{RUN}:1-2")]
    assert json.loads(stream.messages[0].data)["text"] == text


@given(texts=st.lists(nasty_text, min_size=1, max_size=5), cut=st.integers(0, 4800))
def test_a_stream_cut_at_any_byte_reads_the_same(texts: list[str], cut: int) -> None:
    records = [record_of(text, seq=seq) for seq, text in enumerate(texts, 2)]
    sent = RETRY + encode_items(records[:1]) + PADDING + encode_items([HEARTBEAT, *records[1:], HEARTBEAT])

    stream = EventStream.read(sent[:cut])
    stream.feed(sent[cut:])

    assert [message.data for message in stream.messages] == [record.data.decode() for record in records]
    assert stream.retry == 1000


@given(data=st.lists(st.sampled_from([b'{"a":1}', b"\n", b"\r", b"\r\n", b" "]), min_size=1).map(b"".join))
@example(data=b'{"a":1\n\nid: 9\r\r}')
def test_data_with_raw_line_ends_stays_one_message(data: bytes) -> None:
    record = Record(run_id=RUN, epoch=1, seq=2, time=TIME, type="delta", data=data)

    stream = EventStream.read(encode_record(record))

    assert len(stream.messages) == 1
    assert stream.messages[0].data.split() == data.decode().split()
    assert stream.last_event_id == f"{RUN}:1-2"


@given(text=st.text().filter(lambda text: any(not one.isascii() or not (one.isalnum() or one == "-") for one in text)))
@example(text="a\nid: b")
@example(text="a\r")
@example(text="a\0")
def test_a_run_id_that_could_forge_a_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="can't stand in a frame"):
        encode_record(Record(run_id=text, epoch=1, seq=2, time=TIME, type="delta", data=b"{}"))


@given(text=st.text().filter(lambda text: any(one not in "abcdefghijklmnopqrstuvwxyz_" for one in text)))
@example(text="draft\ndata: {}")
@example(text="draft\r")
def test_a_type_that_could_forge_a_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="can't stand in a frame"):
        encode_record(Record(run_id=RUN, epoch=1, seq=2, time=TIME, type=text, data=b"{}"))


def test_a_heartbeat_is_a_comment_that_no_client_sees() -> None:
    stream = EventStream.read(b": ka\n" + encode_record(record_of("x")))

    assert encode_control(HEARTBEAT) == b": ka\n"
    assert len(stream.messages) == 1


def test_a_control_has_no_id_of_its_own() -> None:
    stream = EventStream.read(encode_record(record_of("x")) + encode_control(Control("draining")))

    assert stream.messages[-1] == Message("draining", "{}", f"{RUN}:1-2")


@given(text=nasty_text)
def test_a_draft_arrives_as_it_was_written(text: str) -> None:
    event = DraftWritten(message="Initial draft generated", draft=text)
    data = encode_event(event, run_id=RUN, seq=9, time=TIME)
    record = Record(run_id=RUN, epoch=1, seq=9, time=TIME, type="draft", data=data)

    (message,) = EventStream.read(encode_record(record)).messages

    assert json.loads(message.data)["draft"] == text
