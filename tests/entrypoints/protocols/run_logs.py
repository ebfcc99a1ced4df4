"""Logs as runs may have them, made by chance: attempts that grow, fail, are restarted and ended in every way."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field
from hypothesis import strategies as st

from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    SeqRange,
    StageRestarted,
    TerminalEvent,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.model import Stage
from tests.examples import METADATA, QUEUED, SHORT

TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
PIECES = st.lists(TEXTS.filter(bool), max_size=12)


@define
class _Log:
    """The events so far, with the seqs that a restart must name."""

    draw: st.DrawFn
    events: list[Event] = field(factory=lambda: [QUEUED])

    def write(self, attempt: int) -> str | None:
        """One try at a text: it may begin again any number of times, and may be given up."""
        stage = Stage.GENERATOR if attempt == 1 else Stage.RETRY
        while True:
            self.events.append(Progressed(stage=stage, message="Writing", progress=30, attempt=attempt))
            text, seqs = self._grow(stage, attempt)
            if self.draw(st.booleans()):
                return text
            supersedes = SeqRange(from_seq=seqs[0], to_seq=seqs[-1]) if seqs else None
            self.events.append(TokensUsed(stage=stage, attempt=attempt, model="m", input_tokens=1, output_tokens=1))
            self.events.append(
                StageRestarted(stage=stage, attempt=attempt, reason="provider_failed", supersedes=supersedes)
            )
            if self.draw(st.integers(0, 3)) == 0:
                return None

    def _grow(self, stage: Stage, attempt: int) -> tuple[str, list[int]]:
        text, seqs = "", []
        for piece in self.draw(PIECES):
            self.events.append(TextGrew(stage=stage, attempt=attempt, text=piece, offset=len(text)))
            seqs.append(len(self.events))
            text += piece
        return text, seqs

    def finish(self, attempt: int, text: str) -> tuple[str, bool]:
        """What follows a finished text; return it as formatted, and whether it passed."""
        stage = Stage.GENERATOR if attempt == 1 else Stage.RETRY
        self.events.append(TokensUsed(stage=stage, attempt=attempt, model="m", input_tokens=1, output_tokens=1))
        if attempt == 1:
            self.events.append(DraftWritten(message="Written", draft=text))
        formatted = self.draw(st.sampled_from([text, f"{text}\n", text.upper()]))
        self.events.append(TextFormatted(stage=stage, attempt=attempt, text=formatted, format="markdown"))
        passed = self.draw(st.booleans())
        self.events.append(TextJudged(attempt=attempt, passed=passed, findings=() if passed else (SHORT,)))
        return formatted, passed


@st.composite
def logs(draw: st.DrawFn) -> tuple[Event, ...]:
    """Return the events of a run from `run` to its terminal one."""
    log = _Log(draw)
    best: str | None = None
    for attempt in range(1, draw(st.integers(1, 3)) + 1):
        text = log.write(attempt)
        if text is None:
            break
        best, passed = log.finish(attempt, text)
        if passed:
            return (*log.events, RunCompleted(success=True, output=best, metadata=METADATA))
    return (*log.events, draw(st.sampled_from([*_ends(best)])))


def _ends(best: str | None) -> Iterator[TerminalEvent]:
    if best is not None:
        yield RunCompleted(success=False, output=best, metadata=METADATA)
    yield RunFailed(
        code="provider_cut", message="It was cut.", retryable=True, stage=Stage.GENERATOR, draft=best, metadata=METADATA
    )
    yield RunCancelled(message="The run was cancelled.", draft=best, metadata=METADATA)
