"""What the providers' own variables say, and whether it can be used: keys and base URLs, from the environment alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from entrypoints.settings import Settings

GROUP: Final = "galley.providers"
OWN_PROVIDERS: Final = ("anthropic", "openai", "sample")
UPSTREAM: Final[Mapping[str, str]] = {
    "anthropic_api_key": "ANTHROPIC_API_KEY",
    "anthropic_base_url": "ANTHROPIC_BASE_URL",
    "openai_api_key": "OPENAI_API_KEY",
    "openai_base_url": "OPENAI_BASE_URL",
}
"""Settings that are read from variables of these names, which other programs know, too."""


def find_providers(entries: Iterable[EntryPoint] | None = None) -> Mapping[str, EntryPoint]:
    """Return the providers of installed packages, by name; Galley's own names can't be taken."""
    found = entry_points(group=GROUP) if entries is None else entries
    return {entry.name: entry for entry in found if entry.name not in OWN_PROVIDERS}


def find_upstream_faults(settings: Settings, *, provider_place: str, model_place: str) -> Iterator[str]:
    """Yield why texts can't be written as set; neither a key nor an address is shown."""
    name = settings.provider_name
    if name not in OWN_PROVIDERS and name not in find_providers():
        names = ", ".join(repr(known) for known in (*OWN_PROVIDERS, *sorted(find_providers())))
        yield f"{provider_place} is {name!r}, which is not installed; give one of {names}, or leave it out."
    if name == "anthropic" and settings.anthropic_api_key is None:
        yield f"{provider_place} is 'anthropic', which needs a key; set ANTHROPIC_API_KEY."
    if name == "openai":
        if settings.model is None:
            yield f"{model_place} is not set; with the provider 'openai' give the name of a model that its server has."
        if settings.openai_api_key is None and settings.openai_base_url is None:
            yield "OPENAI_API_KEY is not set; set it, or OPENAI_BASE_URL to a server that needs no key."
    for field in ("anthropic_api_key", "openai_api_key"):
        key: str | None = getattr(settings, field)
        if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
            yield f"{UPSTREAM[field]} holds characters that no key has, a line end perhaps; set it anew."
    for field in ("anthropic_base_url", "openai_base_url"):
        url: str | None = getattr(settings, field)
        if url is not None and (wrong := _find_wrong(url)) is not None:
            yield f"{UPSTREAM[field]} {wrong}; give an address such as https://models.example:8443/v1."


def _find_wrong(url: str) -> str | None:
    """Return what is wrong with a base URL, without a part of it: it may hold a password."""
    # First of all: urlsplit takes line ends out of what it is given.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "holds characters that no address has"
    try:
        parts = urlsplit(url)
        has_host, has_port = bool(parts.hostname), parts.port != 0
    except ValueError:
        return "can't be read as an address"
    if parts.scheme not in ("http", "https"):
        return "does not start with http:// or https://"
    if not has_host or not has_port:
        return "names no host or no port that there can be"
    if "@" in parts.netloc:
        return "holds a user name or password, which belong into the key"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "has something behind its path"
    return None
