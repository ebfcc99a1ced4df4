"""The Kubernetes manifests fit together and give away no right that is not needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from entrypoints.cli import _COMMANDS
from entrypoints.http import metrics
from entrypoints.settings import read_settings
from tests.deploy.image import read_stages
from tests.deploy.manifests import (
    Manifest,
    container_of,
    env_of,
    find,
    path_of,
    pods,
    read_kustomization,
    read_manifests,
)

STORE_URL = "postgresql://galley:x@postgres/galley"
PODS = dict(pods())
DEPLOYMENTS = ["galley-front", "galley-worker"]


@pytest.mark.parametrize("name", PODS)
def test_a_pod_has_no_right_that_it_does_not_need(name: str) -> None:
    spec = PODS[name]["spec"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert f"{spec['securityContext']['runAsUser']}:{spec['securityContext']['runAsGroup']}" == (
        read_stages()[-1].last("USER").rest
    )
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_started_with_a_command_and_settings_that_there_are(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]

    _, warnings = read_settings(env_of(container, STORE_URL), Path("none"))

    assert container["args"][0] in _COMMANDS
    assert warnings == ()
    assert container["image"] in {image["name"] for image in read_kustomization()["images"]}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_selects_its_own_pods_and_so_does_its_disruption_budget(name: str) -> None:
    deployment, budget = find("Deployment", name), find("PodDisruptionBudget", name)
    labels = deployment["spec"]["template"]["metadata"]["labels"]

    assert deployment["spec"]["selector"]["matchLabels"] == labels == budget["spec"]["selector"]["matchLabels"]
    others = [pod["metadata"]["labels"] for other, pod in pods() if other != name]
    assert labels not in others


def test_the_service_leads_to_the_fronts() -> None:
    service, pod = find("Service", "galley")["spec"], PODS["galley-front"]
    (port,) = pod["spec"]["containers"][0]["ports"]

    assert service["selector"] == pod["metadata"]["labels"]
    assert service["ports"][0]["targetPort"] == port["name"]
    assert str(port["containerPort"]) == read_stages()[-1].env["GALLEY_PORT"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_gets_the_time_to_leave_that_its_settings_ask_for(name: str) -> None:
    spec = PODS[name]["spec"]
    settings, _ = read_settings(env_of(spec["containers"][0], STORE_URL), Path("none"))
    hook: dict[str, Any] = spec["containers"][0].get("lifecycle", {})
    before = float(hook["preStop"]["exec"]["command"][1]) if hook else 0.0

    assert spec["terminationGracePeriodSeconds"] >= before + settings.grace_seconds + 5


def test_fronts_work_on_no_run_and_workers_do() -> None:
    front = env_of(container_of("Deployment", "galley-front"), STORE_URL)
    worker = env_of(container_of("Deployment", "galley-worker"), STORE_URL)

    assert front["GALLEY_WORKERS"] == "0"
    assert int(worker["GALLEY_WORKERS"]) > 0


def targets() -> list[Manifest]:
    keda = yaml.safe_load(path_of("keda.yaml").read_text())
    return [one for one in read_manifests() if one["kind"] == "HorizontalPodAutoscaler"] + [keda]


def test_autoscalers_scale_what_there_is() -> None:
    assert [one["spec"]["scaleTargetRef"]["name"] for one in targets()] == [
        "galley-worker",
        "galley-front",
        "galley-worker",
    ]
    assert all(one["metadata"]["name"] in DEPLOYMENTS for one in targets())


def test_workers_are_scaled_by_a_metric_that_is_told() -> None:
    told = metrics.write_samples([('galley_runs{status="queued"}', "gauge", "Runs.", 1)])
    (rule,) = yaml.safe_load(path_of("prometheus-adapter.yaml").read_text())["rules"]["external"]
    scaler = find("HorizontalPodAutoscaler", "galley-worker")["spec"]["metrics"][0]["external"]
    trigger = yaml.safe_load(path_of("keda.yaml").read_text())["spec"]["triggers"][0]["metadata"]

    assert rule["seriesQuery"] in told
    assert rule["metricsQuery"] == trigger["query"]
    assert rule["seriesQuery"] in rule["metricsQuery"]
    assert scaler["metric"]["name"] == rule["name"]["as"]
    worker = env_of(container_of("Deployment", "galley-worker"), STORE_URL)
    assert float(scaler["target"]["averageValue"]) == float(trigger["threshold"]) < float(worker["GALLEY_WORKERS"])
