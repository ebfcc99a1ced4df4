"""Prices as the bootstrap reads them, and what a run says of them."""

from pathlib import Path

import pytest
from attrs import evolve

from entrypoints.bootstrap import bootstrap
from entrypoints.settings import Settings, SettingsError
from tests.entrypoints.bootstrapped import begin, make_settings, read_to_end, scripted

LOCAL = "http://127.0.0.1:11434/v1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def with_prices(settings: Settings, text: str) -> Settings:
    path = settings.data.parent / "prices.yaml"
    path.write_text(text)
    return evolve(settings, prices=path)


async def test_a_run_is_charged_at_the_operators_prices(settings: Settings) -> None:
    priced = with_prices(settings, "date: 2026-01-31\nmodels: {scripted: {input: 1000, output: 1000}}")
    async with bootstrap(evolve(priced, user_tokens_per_day=50_000), provider=scripted("Tea.")) as house:
        history = await read_to_end(house, await begin(house))
        (used,) = history.usages

    assert used.cost_usd == (used.input_tokens + used.output_tokens) / 1000 > 0
    assert history.terminal is not None
    assert history.terminal.metadata["prices"] == [{"source": "prices.yaml", "date": "2026-01-31"}]
    assert history.terminal.metadata["usage"]["cost_usd"] == used.cost_usd


async def test_a_fault_in_the_price_file_is_told_at_start(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        async with bootstrap(with_prices(settings, "date: soon\nmodels: {m: {input: 1, output: 2}}")):
            pass

    assert caught.value.faults[0].startswith("prices.yaml:1: /date must be the day")


async def test_a_default_model_of_no_known_price_is_refused_at_start_with_the_line_to_write(settings: Settings) -> None:
    unpriced = evolve(
        settings, provider="openai", model="own", openai_api_key="k" * 20, openai_base_url="https://models.example/v1"
    )
    with pytest.raises(SettingsError, match="set PRICES to a file that has one: `own: "):
        async with bootstrap(unpriced):
            pass


@pytest.mark.parametrize(
    ("provider", "base_url", "is_free"),
    [
        ("sample", None, True),
        ("openai", LOCAL, True),
        ("openai", "http://localhost:8000/v1", True),
        ("openai", "https://models.example/v1", False),
        ("openai", None, False),
        ("anthropic", None, False),
    ],
)
def test_only_samples_and_models_of_this_machine_are_free(provider: str, base_url: str | None, is_free: bool) -> None:
    assert Settings(provider=provider, openai_base_url=base_url).is_provider_free is is_free
