"""What is known after a test: what clients were shown, what the database holds and what the provider was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from tests.e2e.rig.client import ClientLog

TERMINAL_TYPES = frozenset({"complete", "error", "cancelled"})


@frozen(kw_only=True)
class StoredEvent:
    """A row of a run's log."""

    seq: int
    epoch: int
    type: str
    data: str

    @property
    def fields(self) -> dict[str, Any]:
        """The data, decoded."""
        decoded: dict[str, Any] = json.loads(self.data)
        return decoded


@frozen(kw_only=True)
class StoredState:
    """A row of the runs: `inputs` is canonical JSON, by which the provider's calls are known to be this run's."""

    owner: str
    status: str
    inputs: str
    is_leased: bool = False


@frozen(kw_only=True)
class Call:
    """One request to the provider; times are seconds since 1970. `outcome` is None where the process died in it."""

    id: str
    inputs: str
    stage: str
    attempt: int
    began: float
    outcome: str | None = None
    ended: float | None = None


@frozen(kw_only=True)
class Evidence:
    """Everything the checker reads; `events` and `states` are by run id.

    `is_over` says that every run had the time to end.
    """

    clients: tuple[ClientLog, ...] = ()
    events: Mapping[str, tuple[StoredEvent, ...]] = field(factory=dict)
    states: Mapping[str, StoredState] = field(factory=dict)
    calls: tuple[Call, ...] = ()
    integrity: str = "ok"
    is_over: bool = True


def write_inputs(inputs: Mapping[str, Any]) -> str:
    """Make the one text that stands for a run's inputs."""
    return json.dumps(inputs, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
