"""Which provider is chosen, what it needs, and that base URLs can't be anything (S45)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from attrs import evolve

from entrypoints.bootstrap import bootstrap
from entrypoints.settings import Settings, SettingsError, read_settings
from entrypoints.upstream import find_providers
from tests.entrypoints.bootstrapped import begin, read_to_end
from tests.entrypoints.shell import LAMPS, Shell

NOWHERE = Path("no-such-folder/galley.toml")
KEY = "sk-ant-canary-51d27f3a9c"
THIRD_PARTY = Path(__file__).parents[1] / "fixtures" / "third_party"


def read(**environ: str) -> Settings:
    return read_settings(environ, NOWHERE)[0]


def find_faults(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(**environ)
    return caught.value.faults


def test_a_key_alone_chooses_claude() -> None:
    settings = read(ANTHROPIC_API_KEY=KEY)

    assert (settings.provider_name, settings.default_models) == ("anthropic", ("claude-sonnet-5-5",))
    assert settings.anthropic_base_url is None


def test_the_sample_provider_writes_where_it_is_set_whatever_key_there_is() -> None:
    settings = read(ANTHROPIC_API_KEY=KEY, GALLEY_PROVIDER="sample")

    assert (settings.provider_name, settings.default_models) == ("sample", ())


def test_a_model_that_is_set_goes_before_the_default() -> None:
    assert read(ANTHROPIC_API_KEY=KEY, GALLEY_MODEL="claude-opus-5-5").default_models == ("claude-opus-5-5",)


def test_an_openai_key_alone_chooses_nothing() -> None:
    assert read(OPENAI_API_KEY=KEY).provider_name == "sample"


def test_a_local_server_needs_no_key() -> None:
    settings = read(GALLEY_PROVIDER="openai", GALLEY_MODEL="llama", OPENAI_BASE_URL="http://127.0.0.1:11434/v1")

    assert settings.provider_name == "openai"


def test_what_a_provider_needs_is_told_at_once() -> None:
    assert find_faults(GALLEY_PROVIDER="openai") == (
        "GALLEY_MODEL is not set; with the provider 'openai' give the name of a model that its server has.",
        "OPENAI_API_KEY is not set; set it, or OPENAI_BASE_URL to a server that needs no key.",
    )
    assert find_faults(GALLEY_PROVIDER="anthropic") == (
        "GALLEY_PROVIDER is 'anthropic', which needs a key; set ANTHROPIC_API_KEY.",
    )


def test_an_unknown_provider_is_told_what_there_is() -> None:
    assert find_faults(GALLEY_PROVIDER="clod") == (
        "GALLEY_PROVIDER is 'clod', which is not installed; give one of 'anthropic', 'openai', 'sample', or leave it "
        "out.",
    )


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("ftp://models.example", "does not start with http:// or https://"),
        ("file:///etc/passwd", "does not start with http:// or https://"),
        ("models.example/v1", "does not start with http:// or https://"),
        ("//models.example", "does not start with http:// or https://"),
        ("javascript:alert(1)", "does not start with http:// or https://"),
        ("http://", "names no host or no port that there can be"),
        ("http://:8080/v1", "names no host or no port that there can be"),
        ("http://models.example:0", "names no host or no port that there can be"),
        ("http://models.example:99999", "can't be read as an address"),
        ("http://models.example:port", "can't be read as an address"),
        ("http://[::1/v1", "can't be read as an address"),
        (f"https://user:{KEY}@models.example", "holds a user name or password, which belong into the key"),
        (f"https://{KEY}@models.example", "holds a user name or password, which belong into the key"),
        ("https://models.example@127.0.0.1/v1", "holds a user name or password, which belong into the key"),
        (f"https://models.example/v1?key={KEY}", "has something behind its path"),
        ("https://models.example/v1#part", "has something behind its path"),
        ("https://models.example/v1?", "has something behind its path"),
        ("https://models.example /v1", "holds characters that no address has"),
        ("https://models.example\\@evil.example", "holds characters that no address has"),
        ("https://mödels.example", "holds characters that no address has"),
        ("https://models.example\r\nX-Header: 1", "holds characters that no address has"),
    ],
)
@pytest.mark.parametrize("variable", ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"])
def test_a_base_url_that_can_not_be_meant_is_refused_without_showing_it(variable: str, url: str, wrong: str) -> None:
    assert find_faults(**{variable: url}) == (
        f"{variable} {wrong}; give an address such as https://models.example:8443/v1.",
    )


@pytest.mark.parametrize("url", ["https://models.example", "http://127.0.0.1:11434/v1", "http://[::1]:8000/v1/"])
def test_a_base_url_of_the_operators_own_is_taken(url: str) -> None:
    assert read(OPENAI_BASE_URL=url).openai_base_url == url


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}\x00", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str) -> None:
    [fault] = find_faults(ANTHROPIC_API_KEY=key)

    assert fault == "ANTHROPIC_API_KEY holds characters that no key has, a line end perhaps; set it anew."


def test_keys_and_addresses_come_from_the_environment_alone(tmp_path: Path) -> None:
    file = tmp_path / "galley.toml"
    file.write_text(f'ANTHROPIC_API_KEY = "{KEY}"\nopenai_base_url = "https://models.example"\n')
    with pytest.raises(SettingsError) as caught:
        read_settings({"GALLEY_ANTHROPIC_API_KEY": KEY}, file)

    assert caught.value.faults == (
        "ANTHROPIC_API_KEY in galley.toml is not read from a file; set the variable ANTHROPIC_API_KEY.",
        "openai_base_url in galley.toml is not read from a file; set the variable OPENAI_BASE_URL.",
        "GALLEY_ANTHROPIC_API_KEY is not a setting; did you mean ANTHROPIC_API_KEY?",
    )


def test_no_key_is_in_what_is_shown_of_the_settings() -> None:
    settings = read(ANTHROPIC_API_KEY=KEY, OPENAI_API_KEY=KEY, ANTHROPIC_BASE_URL="https://models.example")

    assert KEY not in repr(settings)


def test_a_fault_ends_the_command_with_2_and_one_line(shell: Shell) -> None:
    result = shell.call(*LAMPS, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=f"https://{KEY}@models.example")

    assert result.exit_code == 2
    assert result.stderr == (
        "galley: ANTHROPIC_BASE_URL holds a user name or password, which belong into the key; give an address such as "
        "https://models.example:8443/v1.\n"
    )


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the example package as pip would: its module and its entry point on the path."""
    info = tmp_path / "installed" / "echo_provider-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-provider\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[galley.providers]\necho = echo_provider:make\nbroken = echo_provider:nothing\nsample = echo_provider:make\n"
    )
    monkeypatch.syspath_prepend(str(info.parent))
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    yield


@pytest.mark.usefixtures("third_party")
async def test_an_installed_packages_provider_writes(settings: Settings, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("date: 2026-11-01\nmodels: {echo: {input: 0, output: 0}}\n")
    chosen = read(GALLEY_PROVIDER="echo", GALLEY_PRICES=str(prices))
    async with bootstrap(evolve(settings, provider=chosen.provider, prices=chosen.prices)) as house:
        history = await read_to_end(house, await begin(house))

    assert "tea" in (history.text_so_far or "")
    assert house.services.rules.default_model == "echo"


@pytest.mark.usefixtures("third_party")
async def test_a_provider_that_can_not_be_made_is_told_with_its_name(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"^PROVIDER can't be used\. The provider 'broken' .* AttributeError\.$"):
        async with bootstrap(evolve(settings, provider="broken")):
            pass


def test_an_installed_package_can_not_take_a_name_of_ours() -> None:
    ours, theirs = (EntryPoint(name=name, value="a:b", group="galley.providers") for name in ("sample", "theirs"))

    assert find_providers([ours, theirs]) == {"theirs": theirs}
