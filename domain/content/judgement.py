"""What a judge is asked and what it said: a rubric and a threshold, a score and reasons."""

from __future__ import annotations

import hashlib

from attrs import frozen

LOWEST_SCORE, HIGHEST_SCORE = 1, 5
CHECK = "judge"
"""The name under which a judge's findings stand."""


@frozen(kw_only=True)
class Judge:
    """A model that judges a text by a rubric once every check has passed.

    A text needs a score of at least `threshold`, from 1 to 5; `sample` is the share of runs that are judged.
    """

    rubric: str
    threshold: float = 4
    sample: float = 1.0

    def is_due(self, run_id: str) -> bool:
        """Whether a run is among those that are judged: its id alone decides, so that resuming changes nothing."""
        digest = hashlib.sha256(f"judge:{run_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.sample * 2**64


@frozen(kw_only=True)
class Judgement:
    """What came of the judge for one text: its score, or None with a note that says why it was not judged."""

    threshold: float
    score: int | None = None
    reasons: tuple[str, ...] = ()
    note: str | None = None
