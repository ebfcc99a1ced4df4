"""What somebody who follows a run sees, wherever the run is carried out."""

from __future__ import annotations

from attrs import frozen

from domain.run.model import Record


@frozen
class StartOver:
    """Everything seen so far is void; the run's records follow again from seq 1."""


Item = Record | StartOver
