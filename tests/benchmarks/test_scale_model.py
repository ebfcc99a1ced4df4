"""What the scale benchmark computes from measured costs."""

from __future__ import annotations

import pytest
from attrs import evolve

from benchmarks.scale_model import Cost, Deployment, Load, climb, find_limits, read_costs, simulate

LOAD = Load(deltas=100, per_second=10)
CHEAP = Cost(run=0.0001, delta=0.00001)
COSTS = {"front": CHEAP, "worker": Cost(run=0.01, delta=0.001), "store": CHEAP}
DEPLOYMENT = Deployment(fronts=2, workers=2, slots=10, store_cores=4, connections=100, busy=1.0)
BY_WORKERS = evolve(DEPLOYMENT, slots=1000)


def test_a_run_s_cost_is_spread_over_its_time_and_a_delta_s_comes_with_each() -> None:
    assert Cost(run=0.01, delta=0.001).cores(100, LOAD) == pytest.approx(100 * (0.01 / 10 + 0.001 * 10))


def test_each_part_has_its_limit() -> None:
    limits = find_limits(DEPLOYMENT, COSTS, LOAD)

    assert limits["slots"] == 20
    assert limits["worker"] == pytest.approx(2 / 0.011)
    assert limits["store"] == pytest.approx(4 / (0.0001 / 10 + 0.0001))
    assert limits["connections"] == float("inf")


def test_processes_that_cannot_connect_carry_nothing() -> None:
    outcome = simulate(5, evolve(DEPLOYMENT, connections=35), COSTS, LOAD)

    assert (outcome.scarcest, outcome.capacity, outcome.seconds) == ("connections", 0, None)


def test_a_burst_within_the_capacity_waits_only_for_its_turn() -> None:
    outcome = simulate(20, DEPLOYMENT, COSTS, LOAD)

    per_second = 2 / 0.01
    assert outcome.wait_p50_seconds == pytest.approx(10 / per_second)
    assert outcome.seconds == pytest.approx(19 / per_second + 10)


def test_a_larger_burst_waits_for_those_before_it_to_end() -> None:
    outcome = simulate(60, DEPLOYMENT, COSTS, LOAD)

    assert (outcome.capacity, outcome.scarcest, outcome.moved_by) == (20, "slots", "WORKERS")
    assert outcome.wait_p50_seconds == pytest.approx(10, abs=0.5)
    assert outcome.seconds == pytest.approx(30, abs=0.5)


def test_cores_are_not_filled_beyond_their_share() -> None:
    full, careful = (simulate(1, evolve(BY_WORKERS, busy=busy), COSTS, LOAD) for busy in (1.0, 0.5))

    assert (full.scarcest, careful.scarcest) == ("worker", "worker")
    assert careful.capacity == full.capacity // 2


def test_climbing_relieves_what_is_scarcest_until_all_runs_are_carried_at_once() -> None:
    steps = list(climb(5000, DEPLOYMENT, COSTS, LOAD))

    capacities = [step.capacity for step in steps if step.scarcest != "connections"]
    assert capacities == sorted(capacities)
    assert steps[0].scarcest == "slots"
    assert {"slots", "worker", "connections"} <= {step.scarcest for step in steps}
    last = steps[-1].deployment
    assert steps[-1].capacity >= 5000
    assert last.workers * last.slots >= 5000
    assert last.connections >= last.wanted_connections
    assert COSTS["worker"].cores(5000, LOAD) <= last.workers


def test_costs_are_read_from_measured_rows() -> None:
    def row(name: str, runs: int, deltas: int, seconds: float) -> dict[str, object]:
        used = {f"{role}_cpu_seconds": seconds for role in ("front", "worker", "store")}
        return {"side": "x", "measurement": name, "runs": runs, "deltas": deltas, **used}

    rows = [row("short runs", 10, 10, 1.0), row("paced at 50/s", 10, 1000, 3.0), row("long runs", 1, 1, 99.0)]

    assert read_costs(rows, "x") == dict.fromkeys(("front", "worker", "store"), Cost(run=0.1, delta=0.002))
