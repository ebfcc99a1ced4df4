"""What is told over NOTIFY fits, and says what was meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.stores.notice import Notice, read_payload, write_payloads

IDS = st.lists(st.uuids().map(str), max_size=600, unique=True)


@given(logs=IDS, states=IDS, has_claimable=st.booleans())
def test_everything_is_told_in_payloads_that_fit(logs: list[str], states: list[str], has_claimable: bool) -> None:
    payloads = write_payloads("me", Notice(logs=logs, states=states, has_claimable=has_claimable))

    read = [read_payload(payload) for payload in payloads]
    assert all(len(payload.encode()) < 8000 for payload in payloads)
    assert all(sender == "me" for sender, _ in read)
    assert [run_id for _, notice in read for run_id in notice.logs] == logs
    assert [run_id for _, notice in read for run_id in notice.states] == states
    assert any(notice.has_claimable for _, notice in read) == has_claimable


def test_a_word_that_a_newer_process_says_is_passed_over() -> None:
    assert read_payload("other lrun-1 zrun-9 q") == ("other", Notice(logs=["run-1"], states=[], has_claimable=True))


def test_nothing_to_tell_is_not_told() -> None:
    assert write_payloads("me", Notice()) == []
