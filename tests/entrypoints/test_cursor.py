"""Cursors as clients hand them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidCursorError
from entrypoints.http.cursor import Cursor, parse_cursor

RUN = "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10"


@given(epoch=st.integers(0, 10**9 - 1), seq=st.integers(0, 10**15 - 1))
def test_a_cursor_comes_back_as_it_was_given(epoch: int, seq: int) -> None:
    cursor = Cursor(RUN, epoch, seq)

    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "-1",
        f"{RUN}:1--1",
        f"{RUN}:-1-1",
        f"{RUN}:1",
        f"{RUN}:1-",
        f"{RUN}:1-2 ",
        f"{RUN}:1-2\n",
        f"{RUN}:1-2:3",
        f"{RUN}:1-\u0662",
        f"{RUN}:1-" + "9" * 16,
        "../etc:1-2",
        "null",
    ],
)
def test_a_malformed_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        parse_cursor(text)


@given(text=st.text(max_size=80))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        cursor = parse_cursor(text)
    except InvalidCursorError:
        return

    assert parse_cursor(str(cursor)) == cursor
