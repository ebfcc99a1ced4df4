"""deploy/kubernetes and deploy/compose.yaml, parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.image import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
COMPOSE = ROOT / "deploy" / "compose.yaml"
SECRETS = {
    "GALLEY_SECRET_KEY": "a key for the tests of the manifests, and for nothing else",
    "GALLEY_ADMIN_PASSWORD": "correct-horse-battery",
    "GALLEY_METRICS_TOKEN": "only-prometheus-knows-this",
}
"""What the secret `galley` of docs/operations.md holds, besides the store's URL."""

Manifest = dict[str, Any]


def read_kustomization() -> Manifest:
    return dict(yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text()))


def read_manifests() -> list[Manifest]:
    """Return every object that `kubectl apply -k` makes."""
    files = [KUBERNETES / name for name in read_kustomization()["resources"]]
    return [made for file in files for made in yaml.safe_load_all(file.read_text())]


def find(kind: str, name: str) -> Manifest:
    (found,) = [one for one in read_manifests() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def pods() -> Iterator[tuple[str, Manifest]]:
    """Yield every pod with the name of what makes it."""
    for one in read_manifests():
        if one["kind"] in ("Deployment", "Job"):
            yield one["metadata"]["name"], one["spec"]["template"]


def container_of(kind: str, name: str) -> Manifest:
    (container,) = find(kind, name)["spec"]["template"]["spec"]["containers"]
    return dict(container)


def env_of(container: Mapping[str, Any], store_url: str) -> dict[str, str]:
    """Return what Kubernetes would set."""
    env = {}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            env |= find("ConfigMap", source["configMapRef"]["name"])["data"]
        else:
            env |= SECRETS | {"GALLEY_STORE_URL": store_url}
    return env | {one["name"]: one["value"] for one in container.get("env", [])}


def read_compose() -> Manifest:
    return dict(yaml.safe_load(COMPOSE.read_text()))


def compose_env(service: Mapping[str, Any], store_url: str) -> dict[str, str]:
    """Return what Compose would set: variables from .env, or their defaults."""
    given = SECRETS | {"POSTGRES_PASSWORD": "x"}

    def fill(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        return given.get(name, default.removeprefix("-") if default.startswith("-") else "")

    env = {name: re.sub(r"\$\{(\w+):([-?][^}]*)\}", fill, value) for name, value in service["environment"].items()}
    return env | {"GALLEY_STORE_URL": store_url}


def path_of(name: str) -> Path:
    return KUBERNETES / name
