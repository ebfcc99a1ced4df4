"""Where a webhook's URL leads, and whether one may go there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Self

from attrs import field, frozen

from domain.webhook.address import Address, is_public

LONGEST_URL: Final = 2000
HTTPS_PORT: Final = 443

_URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[a-z0-9_.-]+))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!\"$-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"(?!.{254})[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMBER_AT_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""What URL parsers and C libraries read as an IPv4 address, in whichever base and however many parts."""


@frozen(kw_only=True)
class Endpoint:
    """A URL taken apart; `address` is set where it names no host but an address, `target` is its path and query."""

    is_tls: bool
    host: str
    address: Address | None
    port: int
    target: str = field(repr=False)

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == (HTTPS_PORT if self.is_tls else 80) else f"{host}:{self.port}"


@frozen(kw_only=True)
class AllowedHosts:
    """What the operator lets webhooks reach beyond https on port 443 at public addresses."""

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Read names, addresses and networks like 10.1.0.0/16.

        Raises:
            ValueError: An entry is none of these; the error's text is the entry.
        """
        names, networks = set(), []
        for entry in sorted(entries):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not _is_name(entry.lower()):
                    raise ValueError(entry) from None
                names.add(entry.lower())
        return cls(names=frozenset(names), networks=tuple(networks))

    def has(self, endpoint: Endpoint, address: Address | None = None) -> bool:
        """Whether the endpoint's host is listed, or the address that it was found to have."""
        address = address or endpoint.address
        return endpoint.host in self.names or any(address in network for network in self.networks if address)

    def lead_to(self, endpoint: Endpoint, address: Address) -> bool:
        """Whether a connection for the endpoint may go to that address."""
        return is_public(address) or self.has(endpoint, address)


def parse_endpoint(url: str) -> Endpoint | None:
    """Take a URL apart; None where it is not one of ours.

    A host stands in its one usual form, so that nobody reads it in another way: no user name, no percent codes, no
    address in other than dotted decimal.
    """
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None:
        return None
    host = (found["six"] or found["host"]).lower()
    try:
        address = IPv6Address(host) if found["six"] else IPv4Address(host) if _NUMBER_AT_END.fullmatch(host) else None
    except ValueError:
        return None
    is_tls = found["scheme"].lower() == "https"
    port = int(found["port"]) if found["port"] else HTTPS_PORT if is_tls else 80
    if (address is None and not _is_name(host)) or not 0 < port < 1 << 16:
        return None
    target = found["target"] or "/"
    return Endpoint(
        is_tls=is_tls,
        host=host if address is None else str(address),
        address=address,
        port=port,
        target=target if target.startswith("/") else f"/{target}",
    )


def hide_target(url: str) -> str:
    """Return a URL without its path and query, which may be what lets somebody post there."""
    endpoint = parse_endpoint(url)
    if endpoint is None:
        return "..."
    return f"{'https' if endpoint.is_tls else 'http'}://{endpoint.authority}/..."


def find_endpoint_fault(url: str, allowed: AllowedHosts) -> str | None:
    """Return why no webhook can have that URL, None where one can; what a name leads to is another question."""
    endpoint = parse_endpoint(url)
    if endpoint is None:
        return (
            "is not an address that a webhook can have; give one like https://hooks.example.com/galley, its host in "
            "the usual form, without a user name and without a fragment"
        )
    if allowed.has(endpoint):
        return None
    if not endpoint.is_tls or endpoint.port != HTTPS_PORT:
        return "must be https on port 443; what else may be called the operator lists in WEBHOOK_HOSTS"
    if endpoint.address is not None and not is_public(endpoint.address):
        return "is not a public address; those inside that may be called the operator lists in WEBHOOK_HOSTS"
    return None


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and _NUMBER_AT_END.fullmatch(text) is None
