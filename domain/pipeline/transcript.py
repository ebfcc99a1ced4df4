"""Turns events into records: merges deltas, numbers and times them, completes what only the log's writer knows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve

from domain.pipeline.endings import finish_of
from domain.run.codec import encode_event
from domain.run.events import Event, RunCancelled, RunCompleted, RunFailed, StageRestarted, TextGrew
from domain.run.history import History
from domain.run.metadata import describe_run
from domain.run.model import Finish, Lease, Record, RunSpec


class Transcript:
    """The growing end of one run's log under one lease; `history` is folded from what is in the log already."""

    def __init__(self, lease: Lease, spec: RunSpec, history: History) -> None:
        self.history = history
        self.finish: Finish | None = None
        self._lease = lease
        self._spec = spec

    def write(self, events: Iterable[Event], *, now: datetime) -> tuple[Record, ...]:
        """Return the records of events, neighbouring deltas merged; no time is before its predecessor's."""
        previous = self.history.time
        moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
        time = moment if previous is None else max(moment, previous)
        return tuple(self._record(event, time) for event in merge_deltas(events))

    def _record(self, event: Event, time: datetime) -> Record:
        event = self._complete(event, time)
        seq = self.history.seq + 1
        self.history.apply(event, seq=seq, time=time, epoch=self._lease.epoch)
        run_id = self._lease.run_id
        return Record(
            run_id=run_id,
            epoch=self._lease.epoch,
            seq=seq,
            time=time,
            type=event.type,
            data=encode_event(event, run_id=run_id, seq=seq, time=time),
        )

    def _complete(self, event: Event, time: datetime) -> Event:
        match event:
            case StageRestarted():
                return evolve(event, supersedes=self.history.superseded)
            case RunCompleted() | RunFailed() | RunCancelled():
                self.finish = finish_of(event)
                known = describe_run(self._lease.run_id, self._spec, self.history, now=time)
                return evolve(event, metadata=known | dict(event.metadata))
            case _:
                return event


def merge_deltas(events: Iterable[Event]) -> list[Event]:
    """Join neighbouring deltas of one stage and attempt; everything else stays as it is, in order."""
    merged: list[Event] = []
    pieces: list[TextGrew] = []
    for event in events:
        if isinstance(event, TextGrew):
            if pieces and (pieces[-1].stage, pieces[-1].attempt) != (event.stage, event.attempt):
                merged.append(_join(pieces))
                pieces = []
            pieces.append(event)
            continue
        if pieces:
            merged.append(_join(pieces))
            pieces = []
        merged.append(event)
    if pieces:
        merged.append(_join(pieces))
    return merged


def _join(pieces: list[TextGrew]) -> TextGrew:
    return evolve(pieces[0], text="".join(piece.text for piece in pieces)) if len(pieces) > 1 else pieces[0]
