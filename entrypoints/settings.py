"""What an operator can set, and reading it from the environment and galley.toml with every fault told at once."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from attrs import field, fields, frozen
from msgspec import Meta

from domain.errors import GalleyError
from domain.run.limits import Limits
from domain.run.spending import DailyLimits
from domain.webhook.endpoint import AllowedHosts
from entrypoints.expectation import describe_type
from entrypoints.upstream import UPSTREAM, find_upstream_faults

PREFIX = "GALLEY_"
FILE = "galley.toml"
CLIENT_NAMES = frozenset({"GALLEY_TOKEN", "GALLEY_USERNAME", "GALLEY_PASSWORD", "GALLEY_SERVER"})
"""What only the command line's own client reads."""

ANTHROPIC_MODEL = "claude-sonnet-5-5"
SHORTEST_KEY_BYTES = 32
"""As long as the output of SHA-256 (RFC 7518, section 3.2); whatever reads the key looks at it more closely."""
SHORTEST_PASSWORD = 12
METRICS_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
HOW_TO_MAKE_A_KEY = "make one with `python -c 'import secrets; print(secrets.token_urlsafe(48))'`, or leave it out."

STORES = ("sqlite:///", "postgresql://", "redis://", "rediss://", "memory:")
"""How a STORE_URL begins."""
SHARED_STORES = ("postgresql://", "redis://", "rediss://")
"""Those that several processes may use at once."""

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Positive = Annotated[float, Meta(gt=0, le=1_000_000_000)]
NotNegative = Annotated[float, Meta(ge=0, le=1_000_000_000)]


class SettingsError(GalleyError):
    """Something is set that can't be used; one sentence per fault, and none of them shows a secret."""

    code: ClassVar[str] = "invalid_settings"

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@frozen(kw_only=True)
class Settings:
    """Every setting of this version under its name in lower case; docs/settings.md says what each one means.

    What is None is decided from others or at start. The last four are read from the variables that are theirs anyway.
    Ranges hold for what `read_settings` returns.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    public_url: str | None = None
    data: Path = Path("data")
    store_url: str | None = field(default=None, repr=False)
    provider: str | None = None
    model: str | None = None
    models: frozenset[str] = frozenset()
    idle_seconds: Positive = 30.0
    sample_tokens_per_second: NotNegative = 60.0
    prompts: Path = Path("prompts")
    default_prompt: Annotated[str, Meta(min_length=1, max_length=200)] = "blog-post"
    prices: Path | None = None
    admin_password: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    access_seconds: Annotated[int, Meta(ge=5, le=86_400)] = 900
    refresh_days: Positive = 30.0
    workers: Annotated[int, Meta(ge=0, le=10_000)] = 64
    queue_limit: Count = 10_000
    lease_seconds: Annotated[float, Meta(ge=0.5, le=3600)] = 10.0
    grace_seconds: NotNegative = 5.0
    heartbeat_seconds: Positive = 15.0
    retention_days: NotNegative = 0.0
    max_attempts: Count = 5
    max_output_tokens: Count = 32_000
    max_total_tokens: Count = 200_000
    max_cost_usd: Positive = 5.0
    max_deadline_seconds: Positive = 900.0
    user_live_runs: Count = 50
    user_requests_per_minute: Count = 300
    user_tokens_per_day: Annotated[int, Meta(ge=1, le=1_000_000_000_000)] | None = None
    user_usd_per_day: Positive | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_hosts: frozenset[str] = frozenset()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] | None = None
    anthropic_api_key: str | None = field(default=None, repr=False)
    anthropic_base_url: str | None = field(default=None, repr=False)
    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = field(default=None, repr=False)

    @property
    def provider_name(self) -> str:
        """What writes the texts."""
        return self.provider or ("anthropic" if self.anthropic_api_key is not None else "sample")

    @property
    def default_model(self) -> str | None:
        """Model of runs that name none; where it is None the provider knows."""
        return next(iter(self.default_models), None)

    @property
    def store(self) -> str:
        """The store's URL, made from the data folder where none is given."""
        return self.store_url or f"sqlite:///{self.data / 'galley.db'}"

    @property
    def is_store_shared(self) -> bool:
        """Whether several processes may use the store at once."""
        return self.store.startswith(SHARED_STORES)

    @property
    def default_models(self) -> tuple[str, ...]:
        """The default model and those that are asked where it can't be had; empty where none is given."""
        shipped = ANTHROPIC_MODEL if self.provider_name == "anthropic" else ""
        return tuple(name.strip() for name in (self.model or shipped).split(",") if name.strip())

    @property
    def address(self) -> str:
        """Where browsers find the service, without a slash at the end."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        host = f"[{shown}]" if ":" in shown else shown
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def caps(self) -> Limits:
        """What no run may go beyond."""
        return Limits(
            attempts=self.max_attempts,
            output_tokens=self.max_output_tokens,
            total_tokens=self.max_total_tokens,
            cost_usd=self.max_cost_usd,
            deadline_seconds=self.max_deadline_seconds,
        )

    @property
    def is_provider_free(self) -> bool:
        """Whether models of no known price cost nothing: the sample provider's, and those that this machine runs."""
        if self.provider_name == "openai" and self.openai_base_url is not None:
            return is_loopback(urlsplit(self.openai_base_url).hostname or "")
        return self.provider_name == "sample"

    @property
    def allowed_hosts(self) -> AllowedHosts:
        """What webhooks may reach besides public addresses."""
        return AllowedHosts.parse(self.webhook_hosts)

    @property
    def daily_limits(self) -> DailyLimits:
        """What a user may spend in a day."""
        return DailyLimits(tokens=self.user_tokens_per_day, cost_usd=self.user_usd_per_day)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, which no other can reach."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(environ: Mapping[str, str], file: Path = Path(FILE)) -> tuple[Settings, tuple[str, ...]]:
    """Read `GALLEY_<NAME>` variables, then the same names in the file where it exists; return warnings as well.

    An empty variable counts as not set.

    Raises:
        SettingsError: One fault or more, all of them at once.
    """
    faults: list[str] = []
    warnings: list[str] = []
    given = _read_file(file, faults) | _read_environment(environ, faults, warnings)
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, Any] = {}
    for attribute in fields(Settings):
        if attribute.name not in given:
            continue
        place, raw = given[attribute.name]
        try:
            values[attribute.name] = _convert(raw, hints[attribute.name])
        except ValueError:
            shown = "is not usable" if not attribute.repr else f"is {raw!r}"
            faults.append(f"{place} {shown}; give {describe_type(hints[attribute.name])}.")
    faults.extend(_find_faults(Settings(**values), {name: place for name, (place, _) in given.items()}))
    if faults:
        raise SettingsError(tuple(faults))
    return Settings(**values), tuple(warnings)


def _read_environment(
    environ: Mapping[str, str], faults: list[str], warnings: list[str]
) -> dict[str, tuple[str, object]]:
    given: dict[str, tuple[str, object]] = {}
    known = {attribute.name for attribute in fields(Settings)} - UPSTREAM.keys()
    given.update((name, (own, environ[own])) for name, own in UPSTREAM.items() if environ.get(own))
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in CLIENT_NAMES or not environ[variable]:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in known:
            given[name] = (variable, environ[variable])
        elif (near := _find_near(name)) is not None:
            faults.append(f"{variable} is not a setting; did you mean {UPSTREAM.get(near, PREFIX + near.upper())}?")
        else:
            # Not a fault: Kubernetes sets variables of this prefix for every service called galley.
            warnings.append(f"{variable} is not a setting; nothing reads it.")
    return given


def _read_file(file: Path, faults: list[str]) -> dict[str, tuple[str, object]]:
    if not file.exists():
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{file.name} can't be read: {error}.")
        return {}
    known = {attribute.name for attribute in fields(Settings)}
    given: dict[str, tuple[str, object]] = {}
    for key, value in table.items():
        name = key.removeprefix(PREFIX).lower()
        if name in UPSTREAM:
            faults.append(f"{key} in {file.name} is not read from a file; set the variable {UPSTREAM[name]}.")
        elif name in known:
            given[name] = (f"{key} in {file.name}", value)
        else:
            near = _find_near(name)
            advice = f"did you mean {near.upper()}?" if near else "take it out, or see docs/settings.md for the names."
            faults.append(f"{key} in {file.name} is not a setting; {advice}")
    return given


def _find_near(name: str) -> str | None:
    near = difflib.get_close_matches(name, [attribute.name for attribute in fields(Settings)], n=1, cutoff=0.8)
    return near[0] if near else None


def _convert(raw: object, hint: Any) -> Any:
    if hint == frozenset[str] and isinstance(raw, str):
        raw = [part.strip() for part in raw.split(",") if part.strip()]
    return msgspec.convert(raw, hint, strict=False, dec_hook=lambda wanted, value: wanted(value))


def _find_faults(settings: Settings, places: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with values that have the right type."""
    place = {attribute.name: PREFIX + attribute.name.upper() for attribute in fields(Settings)} | dict(places)
    yield from find_upstream_faults(settings, provider_place=place["provider"], model_place=place["model"])
    if settings.public_url is not None and not settings.public_url.startswith(("http://", "https://")):
        yield f"{place['public_url']} is {settings.public_url!r}; give an address that starts with http:// or https://."
    if settings.store_url is not None and not settings.store_url.startswith(STORES):
        # Only the scheme is shown: what follows may hold a password.
        scheme = settings.store_url.partition(":")[0]
        known = "sqlite:///<path>, postgresql://<user>:<password>@<host>/<database>, redis://<user>:<password>@<host>"
        yield f"{place['store_url']} names a store of the kind {scheme!r}; there are {known} and memory: only."
    if settings.secret_key is not None and len(settings.secret_key.encode()) < SHORTEST_KEY_BYTES:
        yield f"{place['secret_key']} is shorter than {SHORTEST_KEY_BYTES} bytes; {HOW_TO_MAKE_A_KEY}"
    if any(len(key.encode()) < SHORTEST_KEY_BYTES for key in (settings.webhook_secret or "").split()):
        yield f"{place['webhook_secret']} has a key shorter than {SHORTEST_KEY_BYTES} bytes; {HOW_TO_MAKE_A_KEY}"
    try:
        AllowedHosts.parse(settings.webhook_hosts)
    except ValueError as error:
        yield (
            f"{place['webhook_hosts']} lists {str(error)!r}, which is no host, address or network; write them like "
            "hooks.internal, 10.1.2.3 or 10.1.0.0/16."
        )
    if settings.admin_password is not None and len(settings.admin_password) < SHORTEST_PASSWORD:
        yield f"{place['admin_password']} is shorter than {SHORTEST_PASSWORD} characters; give a longer one."
    if settings.metrics_token is not None and not METRICS_TOKEN.fullmatch(settings.metrics_token):
        yield (f"{place['metrics_token']} is no token; give 16 characters or more of letters, digits, - and _.")
