"""The rig's reader of server-sent events is itself right, at any split of the bytes."""

import random

import pytest

from tests.e2e.rig.sse_reader import Frame, SseReader

STREAM = 'retry: 500\nid: a:1-1\nevent: run\ndata: {"x":"é😀"}\n\n: beat\nid: a:1-2\nevent: delta\ndata: 2\n\n'.encode()
FRAMES = [Frame(id="a:1-1", event="run", data='{"x":"é😀"}'), Frame(id="a:1-2", event="delta", data="2")]


def read(*chunks: bytes) -> list[Frame]:
    reader = SseReader()
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
def test_a_split_anywhere_changes_nothing(at: int) -> None:
    assert read(STREAM[:at], STREAM[at:]) == FRAMES


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_every_line_ending_is_read_byte_by_byte(ending: str) -> None:
    stream = STREAM.replace(b"\n", ending.encode())

    assert read(*(bytes([byte]) for byte in stream)) == FRAMES


def test_random_splits_change_nothing() -> None:
    chance = random.Random(1)
    for _ in range(50):
        cuts = sorted(chance.sample(range(len(STREAM)), 5))
        pieces = [STREAM[a:b] for a, b in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
        assert read(*pieces) == FRAMES


def test_what_is_not_ended_by_an_empty_line_is_not_an_event() -> None:
    assert read(STREAM[:-1]) == FRAMES[:1]


def test_a_byte_order_mark_a_missing_colon_and_an_unknown_field_are_read_as_the_standard_says() -> None:
    assert read(b"\xef\xbb\xbfdata:x\ndata\nother: 1\n\n") == [Frame(id="", event="message", data="x\n")]


def test_an_id_stays_until_the_next_one_and_one_with_a_nul_is_ignored() -> None:
    frames = read(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n")

    assert [frame.id for frame in frames] == ["1", "1", ""]


def test_comments_and_retry_are_kept_apart_from_events() -> None:
    reader = SseReader()
    reader.feed(STREAM + b"retry: 1x\n")

    assert (reader.comments, reader.retry_ms, reader.last_id, reader.faults) == ([" beat"], 500, "a:1-2", [])


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"data: 1\r\n\r\n", "a carriage return on the wire"),
        (b": beat\n\n", "an empty line without an event"),
        (b"retry: 5\n\n", "a blank event"),
        (b"data: 1\ndata: 2\n\n", "data of 2 lines"),
    ],
)
def test_what_galley_promises_not_to_send_is_noted(stream: bytes, fault: str) -> None:
    reader = SseReader()
    reader.feed(stream)

    assert reader.faults == [fault]
