"""What a store holds, read past all of the product's own code."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from tests.e2e.rig.evidence import StoredEvent, StoredState


@frozen(kw_only=True)
class Kept:
    """Every run and its log, by run id."""

    events: Mapping[str, tuple[StoredEvent, ...]]
    states: Mapping[str, StoredState]
