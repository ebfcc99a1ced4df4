"""What the writer of an engine that many processes share is asked to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from adapters.stores.fence import check_append
from domain.errors import FencedError
from domain.run.model import Finish, Lease, Record


@frozen(kw_only=True)
class Append:
    """Records that go on from each other; `landed` is called once they are durable, whoever still waits."""

    lease: Lease
    records: Sequence[Record]
    finish: Finish | None
    landed: Callable[[], None]


@frozen(kw_only=True)
class Release:
    """A lease to be given back."""

    lease: Lease


Write = Append | Release


def make_append(lease: Lease, records: Sequence[Record], finish: Finish | None, landed: Callable[[], None]) -> Append:
    """Make an append of what could fit.

    Raises:
        FencedError: The records leave holes, which fits no tail.
        ValueError: No state of the log could make it right.
    """
    check_append(lease, records, finish)
    if any(record.seq != seq for seq, record in enumerate(records, records[0].seq)):
        raise FencedError(f"The records of run {lease.run_id} don't go on from each other.")
    return Append(lease=lease, records=records, finish=finish, landed=landed)


def fenced(lease: Lease) -> FencedError:
    """Return what a write that does not fit is answered with."""
    return FencedError(f"Run {lease.run_id} is not running in epoch {lease.epoch}, or its tail is another one.")
