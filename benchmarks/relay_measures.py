"""What the relay benchmark measures: speed and latency of streams, and what they keep in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from benchmarks.server import Server
from benchmarks.sides import PIECES, open_sides, start_runs, stream_target

PACE = 50
LONE_PIECES = 3000
"""One run of the usual length would be over before its CPU time can be told from noise."""

Row = dict[str, Any]


@frozen(kw_only=True)
class Size:
    """How much is measured."""

    cycles: int
    runs: tuple[int, ...]
    lone_runs: int
    paced_runs: tuple[int, ...]
    paced_pieces: int
    followers: int
    finished_runs: int


FULL = Size(
    cycles=3,
    runs=(1, 50, 200),
    lone_runs=50,
    paced_runs=(100, 200),
    paced_pieces=300,
    followers=500,
    finished_runs=4000,
)
QUICK = Size(cycles=1, runs=(1, 50), lone_runs=10, paced_runs=(50,), paced_pieces=60, followers=100, finished_runs=50)


def measure_all(size: Size) -> list[Row]:
    """Return one row per measurement and side."""
    return [*measure_speed(size), *measure_memory(size)]


def measure_speed(size: Size) -> list[Row]:
    """Measure both sides in turns; who comes first changes with each cycle."""
    rows = []
    with open_sides() as both:
        for cycle in range(size.cycles):
            sides = both if cycle % 2 == 0 else both[::-1]
            rows += [start_lone_runs(side, size.lone_runs) for side in sides]
            for runs in size.runs:
                pieces = PIECES if runs > 1 else LONE_PIECES
                rows += [stream(side, f"saturated, {runs} runs", runs, pieces, 0) for side in sides]
            for runs in size.paced_runs:
                name = f"paced at {PACE}/s, {runs} runs"
                rows += [stream(side, name, runs, size.paced_pieces, PACE) for side in sides]
    return rows


def measure_memory(size: Size) -> list[Row]:
    """Measure each figure in fresh processes: what an earlier one left free would hide what the next one takes."""
    with open_sides() as sides:
        rows = measure_idle_followers(*sides, size.followers)
    with open_sides() as sides:
        rows += [measure_idle_runs(side, size.followers) for side in sides]
    with open_sides() as sides:
        rows += [measure_finished_runs(side, size.finished_runs) for side in sides]
    return rows


def stream(server: Server, name: str, runs: int, pieces: int, per_second: float) -> Row:
    """Start runs together, read them to their ends, and say what that cost the server.

    Raises:
        SystemExit: A piece is missing.
    """
    before = server.cpu_seconds()
    counted = start_runs(server, count=runs, pieces=pieces, per_second=per_second)
    cpu = server.cpu_seconds() - before
    made = runs * pieces
    if counted["pieces"] != made:
        raise SystemExit(f"{server.name}: {counted['pieces']} of {made} pieces arrived ({name})")
    return {
        "server": server.name,
        "measurement": name,
        "deltas_per_core_second": made / cpu,
        "deltas_per_second": made / counted["seconds"],
        "deltas_per_frame": made / counted["frames"],
        "first_event_p50_ms": counted["first_ms"][0],
        "first_event_p99_ms": counted["first_ms"][1],
        "delivery_p50_ms": counted["latency_ms"][0],
        "delivery_p99_ms": counted["latency_ms"][1],
        "server_core_busy": cpu / counted["seconds"],
        "client_core_busy": counted["client_cpu_seconds"] / counted["seconds"],
    }


def start_lone_runs(server: Server, count: int) -> Row:
    """Carry out short runs one after the other: what a single user waits for, and what a run costs besides its text."""
    before = server.cpu_seconds()
    counted = start_runs(server, count=1, repeat=count, pieces=1, per_second=0)
    return {
        "server": server.name,
        "measurement": "short runs, one by one",
        "first_event_p50_ms": counted["first_ms"][0],
        "first_event_p99_ms": counted["first_ms"][1],
        "cpu_ms_per_run": (server.cpu_seconds() - before) * 1000 / count,
    }


def measure_idle_followers(galley: Server, peer: Server, count: int) -> list[Row]:
    """Hold streams open that follow one idle run; the peer can't follow a run, so its streams are runs of their own."""
    waiting = stream_target(2, 0.01)
    with galley.start_load(count=1, hold=True, **waiting) as run:
        wait_until_held(run)
        (live,) = galley.call("GET", "/runs?status=running")["runs"]
        grown = {
            "galley": hold(galley, count, {"method": "GET", "path": f"/runs/{live['run_id']}/events"}),
            "peer": hold(peer, count, waiting),
        }
        run.communicate()
    name = f"{count} idle followers"
    return [{"server": side, "measurement": name, "kilobytes_each": grown[side] / count} for side in grown]


def measure_idle_runs(server: Server, count: int) -> Row:
    """Hold runs open that wait for their model, each with its stream, and say what one keeps in memory."""
    grown = hold(server, count, stream_target(2, 0.01))
    return {"server": server.name, "measurement": f"{count} idle runs, streamed", "kilobytes_each": grown / count}


def measure_finished_runs(server: Server, count: int) -> Row:
    """Say what ended runs leave behind in memory, once as many have been there before."""
    start_runs(server, count=25, repeat=count // 25, pieces=PIECES, per_second=0)
    before = server.resident_kilobytes()
    start_runs(server, count=25, repeat=count // 25, pieces=PIECES, per_second=0)
    grown = server.resident_kilobytes() - before
    return {"server": server.name, "measurement": f"{count} finished runs", "kilobytes_each": grown / count}


def hold(server: Server, count: int, target: Mapping[str, Any]) -> int:
    """Hold streams open and return by how many kilobytes the server grew."""
    before = server.resident_kilobytes()
    with server.start_load(count=count, hold=True, **target) as client:
        wait_until_held(client)
        grown = server.resident_kilobytes() - before
        client.communicate()
    return grown


def wait_until_held(client: Any) -> None:
    """Return when every stream of a holding client has begun."""
    if client.stdout.readline() != "held\n":
        raise SystemExit("the client could not hold its streams")
