"""What measured costs mean for many runs at once: pure computation, without a cost of its own.

A deployment carries as many runs at once as its scarcest part allows; of a burst that is larger the rest waits in the
queue. Runs all look alike: so many deltas each, at the model's pace, each followed by one client.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

MOVED_BY: Mapping[str, str] = {
    "slots": "WORKERS",
    "worker": "more `galley work`",
    "front": "more `galley serve`",
    "store": "more cores for the store",
    "connections": "the store's max_connections",
}
"""What moves each limit."""
ROLES = ("front", "worker", "store")


@frozen(kw_only=True)
class Load:
    """Runs of so many deltas at that pace."""

    deltas: int
    per_second: float

    @property
    def seconds(self) -> float:
        """How long the model writes at one run."""
        return self.deltas / self.per_second


@frozen(kw_only=True)
class Cost:
    """Processor seconds of one role: for a run whatever its text, and for each delta of it."""

    run: float
    delta: float

    def cores(self, runs: float, load: Load) -> float:
        """Return how many cores so many runs at once keep busy."""
        return runs * (self.run / load.seconds + self.delta * load.per_second)


@frozen(kw_only=True)
class Deployment:
    """So many processes with a core each, and a store's server with cores and connections.

    Cores are to be busy to the share `busy` at most: what is busier than that makes everything wait.
    """

    fronts: int
    workers: int
    slots: int
    store_cores: int
    connections: int
    connections_per_process: int = 9
    busy: float = 0.7

    @property
    def wanted_connections(self) -> int:
        """What all processes open at most."""
        return (self.fronts + self.workers) * self.connections_per_process

    def cores(self, role: str) -> int:
        """Return how many cores a role has."""
        return {"front": self.fronts, "worker": self.workers, "store": self.store_cores}[role]


Costs = Mapping[str, Cost]
"""By role."""


def find_limits(deployment: Deployment, costs: Costs, load: Load) -> dict[str, float]:
    """Return how many runs at once each part allows; none, where not all processes can connect."""
    has_connections = deployment.wanted_connections <= deployment.connections
    limits = {role: deployment.busy * deployment.cores(role) / costs[role].cores(1, load) for role in ROLES}
    return {
        "connections": float("inf") if has_connections else 0.0,
        "slots": float(deployment.workers * deployment.slots),
        **limits,
    }


@frozen(kw_only=True)
class Outcome:
    """What becomes of a burst: the scarcest part and what moves it, waiting times, and when all have ended.

    Without any capacity nothing comes of it, and there are no times.
    """

    runs: int
    deployment: Deployment
    capacity: int
    scarcest: str
    moved_by: str
    wait_p50_seconds: float | None
    wait_p99_seconds: float | None
    seconds: float | None


def simulate(runs: int, deployment: Deployment, costs: Costs, load: Load) -> Outcome:
    """Let so many runs be asked for in one moment.

    Each begins in its turn, as fast as runs can be taken up and as soon as one has ended where all places are taken.
    """
    limits = find_limits(deployment, costs, load)
    scarcest = min(limits, key=lambda name: limits[name])
    capacity = int(limits[scarcest])
    waits = _begin_all(runs, capacity, load.seconds, _begins_per_second(deployment, costs)) if capacity else []
    return Outcome(
        runs=runs,
        deployment=deployment,
        capacity=capacity,
        scarcest=scarcest,
        moved_by=MOVED_BY[scarcest],
        wait_p50_seconds=_percentile(waits, 0.5),
        wait_p99_seconds=_percentile(waits, 0.99),
        seconds=waits[-1] + load.seconds if waits else None,
    )


def climb(runs: int, deployment: Deployment, costs: Costs, load: Load) -> Iterator[Outcome]:
    """Yield what becomes of a burst, then again with more of what was scarcest, until all of it is carried at once."""
    while True:
        outcome = simulate(runs, deployment, costs, load)
        yield outcome
        if outcome.capacity >= runs:
            return
        deployment = _relieve(outcome.scarcest, runs, deployment, costs, load)


def read_costs(rows: Sequence[Mapping[str, Any]], side: str) -> Costs:
    """Take a side's costs from its rows: a run's from the short ones, a delta's from the paced ones, by medians."""
    short = [row for row in rows if row["side"] == side and row["measurement"] == "short runs"]
    paced = [row for row in rows if row["side"] == side and row["measurement"].startswith("paced")]
    costs = {}
    for role in ROLES:
        used = f"{role}_cpu_seconds"
        run = _median([row[used] / row["runs"] for row in short])
        costs[role] = Cost(run=run, delta=_median([(row[used] - run * row["runs"]) / row["deltas"] for row in paced]))
    return costs


def _relieve(scarcest: str, runs: int, deployment: Deployment, costs: Costs, load: Load) -> Deployment:
    """Give a deployment what lacks of one part; a worker gets as many slots as its core can carry and no more."""
    match scarcest:
        case "slots":
            return evolve(deployment, slots=_ceil(deployment.busy / costs["worker"].cores(1, load)))
        case "connections":
            return evolve(deployment, connections=deployment.wanted_connections)
        case role:
            cores = _ceil(costs[role].cores(runs, load) / deployment.busy)
            return evolve(deployment, **{"store_cores" if role == "store" else f"{role}s": cores})


def _begins_per_second(deployment: Deployment, costs: Costs) -> float:
    """Return how fast runs are taken up: asked for at a front, queued in the store, begun by a worker."""
    return min(deployment.cores(role) / costs[role].run for role in ROLES)


def _begin_all(runs: int, capacity: int, seconds: float, begins_per_second: float) -> list[float]:
    """Return how long each run waits until it begins; `free` holds the moments at which places are free again."""
    free = [0.0] * min(runs, capacity)
    waits: list[float] = []
    for number in range(runs):
        begin = max(number / begins_per_second, heapq.heappop(free))
        heapq.heappush(free, begin + seconds)
        waits.append(begin)
    return waits


def _percentile(values: Sequence[float], share: float) -> float | None:
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _ceil(value: float) -> int:
    return -int(-value // 1)
