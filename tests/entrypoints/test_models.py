"""Several models in their order, from a request over the settings to what the API shows of the run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from adapters.providers.scripted import Script
from domain.errors import ProviderOverloadedError
from entrypoints.bootstrap import bootstrap
from entrypoints.house import House
from entrypoints.http.app import create_app
from entrypoints.settings import Settings, SettingsError
from tests.entrypoints.bootstrapped import PASSWORD, begin, make_settings, read_to_end, scripted
from tests.entrypoints.shell import LAMPS, Shell

BUSY = Script(failure=ProviderOverloadedError("The model is overloaded.", retry_after=60))


@pytest.fixture(name="settings")
def _settings(tmp_path: Any) -> Settings:
    return evolve(make_settings(tmp_path), store_url="memory:")


async def ask(house: House, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    client = create_app(house.services).test_client()
    login = await client.post("/auth/login", json={"username": "admin", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {(await login.get_json())['access_token']}"}
    answer = await client.open(path, method=method, headers=headers, json=body or None)
    return answer.status_code, json.loads(await answer.get_data())


async def test_a_provider_is_swapped_by_one_argument_and_its_failures_are_seen_through_the_api(
    settings: Settings,
) -> None:
    provider = scripted(BUSY, "Tea is hot.")
    async with bootstrap(settings, provider=provider) as house:
        status, done = await ask(house, "POST", "/run", prompt="note", model=["large", "small"])
        _, shown = await ask(house, "GET", f"/runs/{done['run_id']}")
        _, page = await ask(house, "GET", "/runs")

    assert (status, done["output"]) == (200, "Tea is hot.")
    assert [request.model for request in provider.requests] == ["large", "small"]
    assert done["metadata"]["model"] == {"asked": "large", "models": ["large", "small"], "used": ["large", "small"]}
    assert done["metadata"]["calls"] == [
        {
            "stage": "generator",
            "attempt": 1,
            "tries": 2,
            "models": ["large", "small"],
            "failures": ["provider_overloaded"],
        }
    ]
    assert (shown["model"], shown["models"], shown["request"]["model"]) == (
        "large",
        ["large", "small"],
        ["large", "small"],
    )
    assert (page["runs"][0]["model"], page["runs"][0]["models"]) == ("large", ["large", "small"])


async def test_a_run_with_one_model_has_no_list_of_them(settings: Settings) -> None:
    async with bootstrap(settings, provider=scripted("Tea is hot.")) as house:
        _, done = await ask(house, "POST", "/run", prompt="note", model="large")
        _, shown = await ask(house, "GET", f"/runs/{done['run_id']}")

    assert (shown["model"], "models" in shown) == ("large", False)


@pytest.mark.parametrize(
    ("model", "pointer"), [(["small", "huge"], "/model/1"), ("huge", "/model"), ([], "/model"), ([""], "/model/0")]
)
async def test_a_model_that_can_not_be_taken_is_pointed_at(settings: Settings, model: Any, pointer: str) -> None:
    settings = evolve(settings, model="small", models=frozenset({"small", "large"}))
    async with bootstrap(settings, provider=scripted()) as house:
        status, problem = await ask(house, "POST", "/run", prompt="note", model=model)

    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, [pointer])


async def test_the_operators_default_may_have_fallbacks(settings: Settings) -> None:
    provider = scripted(BUSY, "Tea is hot.")
    async with bootstrap(evolve(settings, model="large, small"), provider=provider) as house:
        await read_to_end(house, await begin(house))

    assert [request.model for request in provider.requests] == ["large", "small"]


async def test_each_default_model_must_be_allowed(settings: Settings) -> None:
    with pytest.raises(SettingsError) as refused:
        async with bootstrap(evolve(settings, model="large,small", models=frozenset({"large"})), provider=scripted()):
            pass

    assert refused.value.faults == ("MODEL is 'small', which is not among MODELS (large); set MODEL to one of them.",)


def test_the_command_line_takes_models_with_commas_between_them(tmp_path: Any) -> None:
    result = Shell(tmp_path).call(*LAMPS, "--json", "--model", "large, small")

    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert (events[0]["model"], events[0]["models"]) == ("large", ["large", "small"])


def test_the_command_line_says_which_models_a_run_has(tmp_path: Any) -> None:
    result = Shell(tmp_path).call(*LAMPS, "--model", "large,small")

    assert result.stderr.splitlines()[0] == "blog-post@1 with large or small"
