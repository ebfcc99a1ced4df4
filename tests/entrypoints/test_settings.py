"""What can be set, how, and what is said about it when it can't be used."""

from pathlib import Path
from typing import Any

import pytest
from attrs import fields

from domain.run.limits import Limits
from entrypoints.settings import Settings, SettingsError, read_settings

STRONG_KEY = "0123456789abcdef0123456789abcdef"
NOWHERE = Path("no-such-folder/galley.toml")
DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def find_faults(environ: dict[str, str], file: Path = NOWHERE) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ, file)
    return caught.value.faults


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "galley.toml"
    file.write_text(text)
    return file


def test_nothing_has_to_be_set() -> None:
    assert read_settings({}, NOWHERE) == (Settings(), ())


def test_variables_become_values_of_their_type() -> None:
    environ = {
        "GALLEY_PORT": "8080",
        "GALLEY_DATA": "/var/lib/galley",
        "GALLEY_MODELS": "one, two",
        "GALLEY_LEASE_SECONDS": "2.5",
        "GALLEY_LOG_FORMAT": "json",
        "GALLEY_SECRET_KEY": STRONG_KEY,
        "PATH": "/bin",
    }

    settings, warnings = read_settings(environ, NOWHERE)

    assert warnings == ()
    assert settings == Settings(
        port=8080,
        data=Path("/var/lib/galley"),
        models=frozenset({"one", "two"}),
        lease_seconds=2.5,
        log_format="json",
        secret_key=STRONG_KEY,
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"GALLEY_PORT": "", "GALLEY_NONSENSE": ""}, NOWHERE) == (Settings(), ())


def test_the_file_holds_the_same_names_in_any_case(tmp_path: Path) -> None:
    file = write(tmp_path, 'PORT = 8080\nmodels = ["one"]\nGALLEY_WORKERS = 2\nlease_seconds = 3\n')

    assert read_settings({}, file) == (
        Settings(port=8080, models=frozenset({"one"}), workers=2, lease_seconds=3.0),
        (),
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings, _ = read_settings({"GALLEY_PORT": "1"}, write(tmp_path, "PORT = 2\nWORKERS = 3"))

    assert settings == Settings(port=1, workers=3)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    environ = {
        "GALLEY_PORT": "99999",
        "GALLEY_WORKERS": "many",
        "GALLEY_HEARTBEAT_SECONDS": "inf",
        "GALLEY_LEASE_SECONDS": "nan",
        "GALLEY_PROVIDER": "anthropic",
        "GALLEY_LOG_LEVLE": "info",
        "GALLEY_PUBLIC_URL": "galley.example",
    }
    file = write(tmp_path, 'LOG_LEVEL = "loud"\nQUEUE_LIMIT = true\ncolour = "red"')

    assert find_faults(environ, file) == (
        "colour in galley.toml is not a setting; take it out, or see docs/settings.md for the names.",
        "GALLEY_LOG_LEVLE is not a setting; did you mean GALLEY_LOG_LEVEL?",
        "GALLEY_PORT is '99999'; give a whole number from 0 to 65535.",
        "GALLEY_WORKERS is 'many'; give a whole number from 0 to 10000.",
        "QUEUE_LIMIT in galley.toml is True; give a whole number from 1 to 1000000000.",
        "GALLEY_LEASE_SECONDS is 'nan'; give a number from 0.5 to 3600.",
        "GALLEY_HEARTBEAT_SECONDS is 'inf'; give a number above 0 to 1000000000.",
        "LOG_LEVEL in galley.toml is 'loud'; give 'debug' or 'info' or 'warning' or 'error'.",
        "GALLEY_PROVIDER is 'anthropic', which needs a key; set ANTHROPIC_API_KEY.",
        "GALLEY_PUBLIC_URL is 'galley.example'; give an address that starts with http:// or https://.",
    )


@pytest.mark.parametrize("name", ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT_8000_TCP", "PORT_8000_TCP_ADDR", "COLOUR"])
def test_a_variable_that_resembles_no_setting_is_only_warned_of(name: str) -> None:
    settings, warnings = read_settings({f"GALLEY_{name}": "10.0.0.1"}, NOWHERE)

    assert settings == Settings()
    assert warnings == (f"GALLEY_{name} is not a setting; nothing reads it.",)


def test_what_only_the_client_reads_is_not_warned_of() -> None:
    assert read_settings({"GALLEY_TOKEN": "x", "GALLEY_PASSWORD": "y"}, NOWHERE) == (Settings(), ())


def test_a_file_that_is_not_toml_is_a_fault_with_its_place(tmp_path: Path) -> None:
    (fault,) = find_faults({}, write(tmp_path, "PORT = = 1"))

    assert fault.startswith("galley.toml can't be read:")
    assert "line 1" in fault


def test_a_short_signing_key_is_refused_and_not_shown() -> None:
    (fault,) = find_faults({"GALLEY_SECRET_KEY": "hunter2"})

    assert fault.startswith("GALLEY_SECRET_KEY is shorter than 32 bytes; make one with `python -c ")
    assert "hunter2" not in fault


def test_a_short_webhook_key_is_refused_and_not_shown() -> None:
    (fault,) = find_faults({"GALLEY_WEBHOOK_SECRET": f"{STRONG_KEY} hunter2"})

    assert fault.startswith("GALLEY_WEBHOOK_SECRET has a key shorter than 32 bytes; make one with `python -c ")
    assert "hunter2" not in fault
    assert STRONG_KEY not in repr(Settings(webhook_secret=STRONG_KEY))


def test_hosts_of_webhooks_are_names_addresses_and_networks() -> None:
    settings, _ = read_settings({"GALLEY_WEBHOOK_HOSTS": "hooks.internal, 10.1.0.0/16,::1"}, NOWHERE)

    assert settings.webhook_hosts == frozenset({"hooks.internal", "10.1.0.0/16", "::1"})
    assert find_faults({"GALLEY_WEBHOOK_HOSTS": "hooks.internal, http://hooks.internal"}) == (
        "GALLEY_WEBHOOK_HOSTS lists 'http://hooks.internal', which is no host, address or network; write them like "
        "hooks.internal, 10.1.2.3 or 10.1.0.0/16.",
    )


def test_a_short_password_is_refused_and_not_shown() -> None:
    assert find_faults({"GALLEY_ADMIN_PASSWORD": "hunter2"}) == (
        "GALLEY_ADMIN_PASSWORD is shorter than 12 characters; give a longer one.",
    )


@pytest.mark.parametrize("token", ["hunter2", "hunter2 hunter2 hunter2", "hünter2-hünter2-hünter2"])
def test_a_metrics_token_that_could_not_be_sent_or_is_easily_guessed_is_refused_and_not_shown(token: str) -> None:
    assert find_faults({"GALLEY_METRICS_TOKEN": token}) == (
        "GALLEY_METRICS_TOKEN is no token; give 16 characters or more of letters, digits, - and _.",
    )


def test_no_secret_shows_in_a_fault_or_a_representation(tmp_path: Path) -> None:
    file = write(tmp_path, 'ADMIN_PASSWORD = 12345678901234567890\nSECRET_KEY = ["hunter2"]')
    faults = find_faults({"GALLEY_STORE_URL": "mysql://galley:hunter2@db/galley"}, file)
    settings = Settings(
        admin_password="hunter2-hunter2",
        secret_key=STRONG_KEY,
        metrics_token="hunter2-hunter2-hunter2",
        store_url="postgresql://galley:hunter2@db/galley",
    )

    assert faults == (
        "ADMIN_PASSWORD in galley.toml is not usable; give a text.",
        "SECRET_KEY in galley.toml is not usable; give a text.",
        "GALLEY_STORE_URL names a store of the kind 'mysql'; there are sqlite:///<path>, "
        "postgresql://<user>:<password>@<host>/<database>, redis://<user>:<password>@<host> and memory: only.",
    )
    assert "hunter2" not in repr(settings)
    assert STRONG_KEY not in repr(settings)


def test_the_store_stands_in_the_data_folder_by_default() -> None:
    assert Settings(data=Path("/srv")).store == "sqlite:////srv/galley.db"
    assert Settings(store_url="memory:").store == "memory:"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "http://127.0.0.1:8000"),
        (Settings(host="::1", port=9), "http://[::1]:9"),
        (Settings(host="0.0.0.0"), "http://127.0.0.1:8000"),
        (Settings(host="0.0.0.0", public_url="https://galley.example/"), "https://galley.example"),
    ],
)
def test_the_address_comes_from_host_and_port_unless_it_is_given(settings: Settings, address: str) -> None:
    assert settings.address == address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_address_of_this_machine_alone_is_loopback(host: str) -> None:
    assert Settings(host=host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "galley.example"])
def test_an_address_that_others_reach_is_not_loopback(host: str) -> None:
    assert not Settings(host=host).is_loopback


def test_the_caps_are_the_max_settings() -> None:
    settings = Settings(
        max_attempts=1, max_output_tokens=2, max_total_tokens=3, max_cost_usd=4.0, max_deadline_seconds=5.0
    )

    assert settings.caps == Limits(attempts=1, output_tokens=2, total_tokens=3, cost_usd=4.0, deadline_seconds=5.0)


DERIVED = {
    "public_url": "from `HOST` and `PORT`",
    "data": "`./data`",
    "prompts": "`./prompts`",
    "store_url": "`sqlite:///<DATA>/galley.db`",
    "provider": "`anthropic` where `ANTHROPIC_API_KEY` is set, else `sample`",
    "anthropic_base_url": "Anthropic's own",
    "openai_base_url": "OpenAI's own",
    "model": "the provider's first",
    "models": "any",
    "webhook_hosts": "none",
    "admin_password": "made at random, printed once",
    "secret_key": "made once, kept in `DATA` with mode 0600",
    "log_format": "`text` on a terminal, else `json`",
}


def show_default(name: str, default: Any) -> str:
    if name in DERIVED or default is None:
        return DERIVED.get(name, "none")
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_the_documentation_has_a_row_for_every_setting_with_its_default() -> None:
    rows = [line.split("|") for line in DOCS.read_text().splitlines() if line.startswith("| `")]

    assert [(row[1].strip(), row[2].strip()) for row in rows] == [
        (f"`{attribute.name.upper()}`", show_default(attribute.name, attribute.default))
        for attribute in fields(Settings)
    ]
    assert all(row[3].strip() for row in rows)
