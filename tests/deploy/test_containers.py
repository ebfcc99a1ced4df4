"""What the manifests start is started here as they say, on a root that can't be written, and its probes are asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.postgresql.server import serving_postgresql
from tests.deploy.container import READ_ONLY, Container
from tests.deploy.image import lay_out, read_stages
from tests.deploy.manifests import SECRETS, compose_env, container_of, env_of, find, read_compose
from tests.entrypoints.shell import LAMPS, Shell

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


@pytest.fixture(scope="module")
def store_url() -> Iterator[str]:
    with serving_postgresql() as server:
        yield server.url()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("image"))


def compose_probe(service: dict[str, Any]) -> dict[str, Any]:
    """Return a health check in the words of Kubernetes."""
    kind, *words = service["healthcheck"]["test"]
    return {"exec": {"command": ["sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words}}


def image_probe() -> dict[str, Any]:
    words = read_stages()[-1].last("HEALTHCHECK").rest.partition("CMD ")[2]
    return {"exec": {"command": json.loads(words)}}


def test_the_emulated_root_cannot_be_written(tmp_path: Path) -> None:
    script = f"open({str(tmp_path / 'data' / 'x')!r}, 'w').close(); open({str(tmp_path / 'y')!r}, 'w')"
    (tmp_path / "data").mkdir()
    env = {"PYTHONPATH": str(READ_ONLY), "READ_ONLY_EXCEPT": str(tmp_path / "data")}

    told = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)

    assert told.returncode == 1
    assert "Read-only file system" in told.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "x"]


def test_kubernetes_migrates_serves_and_works(store_url: str, app: Path, tmp_path: Path) -> None:
    job, front, worker = (
        (container_of(kind, name), find(kind, name)["spec"]["template"]["spec"])
        for kind, name in (("Job", "galley-migrate"), ("Deployment", "galley-front"), ("Deployment", "galley-worker"))
    )
    containers = [
        Container(args=made["args"], env=env_of(made, store_url), folder=tmp_path / made["name"], app=app)
        for made, _ in (job, front, worker)
    ]
    with containers[0].running() as migrating:
        assert migrating.wait(60) == 0, migrating.communicate()[0]
    with ExitStack() as stack:
        processes = [stack.enter_context(one.running()) for one in containers[1:]]
        for one, process, (made, _) in zip(containers[1:], processes, (front, worker), strict=True):
            for probe in PROBES:
                if probe in made:
                    one.wait_until_well(process, made[probe])
        served = containers[1]
        run = Shell(tmp_path).call(
            *LAMPS,
            "--server",
            f"http://127.0.0.1:{served.port}",
            GALLEY_PASSWORD=SECRETS["GALLEY_ADMIN_PASSWORD"],
        )
        told = served.get("/metrics", Authorization=f"Bearer {SECRETS['GALLEY_METRICS_TOKEN']}")
        page = served.get("/")
        ends = [one.stop(process) for one, process in zip(containers[1:], processes, strict=True)]
        outputs = [process.communicate()[0] for process in processes]

    assert (run.exit_code, run.stdout[:21]) == (0, "# Sample: Desk lamps\n"), run.stderr
    assert 'galley_runs{status="queued"} 0' in told[1]
    assert (page[0], served.get("/health/live")[0]) == (200, 0)
    for (code, seconds), (_, spec) in zip(ends, (front, worker), strict=True):
        assert (code, seconds < spec["terminationGracePeriodSeconds"]) == (0, True)
    assert all("Traceback" not in output for output in outputs)


def test_compose_s_health_checks_tell_who_lives(store_url: str, app: Path, tmp_path: Path) -> None:
    services = read_compose()["services"]
    probes = {"front": image_probe(), "worker": compose_probe(services["worker"])}
    for name, probe in probes.items():
        service = services[name]
        one = Container(args=service["command"], env=compose_env(service, store_url), folder=tmp_path / name, app=app)
        assert not one.probe(probe)
        with one.running() as process:
            one.wait_until_well(process, probe)
            code, _ = one.stop(process)
        assert code == 0
