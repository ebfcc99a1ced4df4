"""The Compose file fits together and gives away no right that is not needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from entrypoints.cli import _COMMANDS
from entrypoints.settings import read_settings
from tests.deploy.manifests import COMPOSE, compose_env, read_compose

STORE_URL = "postgresql://galley:x@postgres:5432/galley"
SERVICES = read_compose()["services"]
OURS = ["migrate", "front", "worker"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_has_no_right_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {place.partition(":")[0] for place in service["tmpfs"]} == {"/tmp", "/data"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_is_started_with_a_command_and_settings_that_there_are(name: str) -> None:
    settings, warnings = read_settings(compose_env(SERVICES[name], STORE_URL), Path("none"))

    assert SERVICES[name]["command"][0] in _COMMANDS
    assert warnings == ()
    assert settings.grace_seconds < float(SERVICES[name]["stop_grace_period"].removesuffix("s"))


def test_there_are_two_fronts_three_workers_and_a_migration_before_them() -> None:
    assert [SERVICES[name].get("deploy", {}).get("replicas", 1) for name in OURS] == [1, 2, 3]
    for name in ("front", "worker"):
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["front"]["environment"]["GALLEY_WORKERS"] == "0"


def test_only_the_proxy_is_reached_from_outside_and_from_this_machine_alone() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["proxy"]["ports"])


def test_every_variable_that_it_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?\}", COMPOSE.read_text()))
    example = (COMPOSE.parent / "example.env").read_text()

    assert asked
    assert asked <= set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_the_proxy_passes_streams_on_at_once_and_holds_them_longer_than_a_heartbeat() -> None:
    configuration = (COMPOSE.parent / "nginx.conf").read_text()
    settings, _ = read_settings(compose_env(SERVICES["front"], STORE_URL), Path("none"))

    assert "proxy_buffering off;" in configuration
    (timeout,) = re.findall(r"proxy_read_timeout (\d+)s;", configuration)
    assert float(timeout) > 2 * settings.heartbeat_seconds
    assert configuration.count("{") == configuration.count("}")
