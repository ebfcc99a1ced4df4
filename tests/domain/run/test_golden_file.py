"""The golden events file is what the code makes."""

from __future__ import annotations

from tests.golden import EVENTS_FILE, render_events


def test_the_committed_file_is_what_the_code_makes() -> None:
    assert EVENTS_FILE.read_text() == render_events(), (
        "run `make golden` and look at the difference: it is the contract"
    )
