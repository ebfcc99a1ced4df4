"""Which URLs a webhook may have, and how they are read."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhook.endpoint import AllowedHosts, Endpoint, find_endpoint_fault, hide_target, parse_endpoint
from tests.domain.webhook.urls import ALLOWED, LEAD_INSIDE, REFUSED

NOTHING = AllowedHosts()
INSIDE = AllowedHosts.parse(["Hooks.internal", "10.1.0.0/16", "127.0.0.1", "fd00::/8"])


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_could_lead_inside_is_refused(url: str) -> None:
    assert find_endpoint_fault(url, NOTHING)


@pytest.mark.parametrize("url", [*ALLOWED, *LEAD_INSIDE])
def test_a_url_that_says_nothing_wrong_is_taken(url: str) -> None:
    assert find_endpoint_fault(url, NOTHING) is None


def test_the_table_is_long_enough_and_says_nothing_twice() -> None:
    every = [*REFUSED, *LEAD_INSIDE]

    assert len(set(every)) == len(every) >= 80


@pytest.mark.parametrize(("url", "addresses"), LEAD_INSIDE.items())
def test_no_name_may_lead_to_an_address_inside(url: str, addresses: tuple[str, ...]) -> None:
    endpoint = parse_endpoint(url)
    assert endpoint is not None

    assert not all(NOTHING.lead_to(endpoint, ip_address(address)) for address in addresses) or not addresses


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("http://hooks.internal/", True),
        ("https://HOOKS.internal:8443/x", True),
        ("http://hooks.internal.example.com/", False),
        ("http://other.internal/", False),
        ("http://10.1.255.1:8080/", True),
        ("http://10.2.0.1:8080/", False),
        ("http://127.0.0.1:9/", True),
        ("http://127.0.0.2:9/", False),
        ("http://[fd12::1]:9/", True),
        ("http://[::1]:9/", False),
        ("http://[::ffff:127.0.0.1]:9/", False),
        ("http://user@127.0.0.1/", False),
        ("http://2130706433/", False),
        ("ftp://hooks.internal/", False),
    ],
)
def test_what_the_operator_lists_may_be_called_in_any_way(url: str, is_allowed: bool) -> None:
    assert (find_endpoint_fault(url, INSIDE) is None) == is_allowed


@pytest.mark.parametrize(
    ("host", "address", "leads"),
    [
        ("hooks.internal", "192.168.1.1", True),
        ("other.internal", "192.168.1.1", False),
        ("other.internal", "10.1.2.3", True),
        ("other.internal", "8.8.8.8", True),
        ("other.internal", "::ffff:10.1.2.3", False),
    ],
)
def test_a_listed_name_leads_anywhere_and_any_name_to_a_listed_address(host: str, address: str, leads: bool) -> None:
    endpoint = parse_endpoint(f"https://{host}/")
    assert endpoint is not None

    assert INSIDE.lead_to(endpoint, ip_address(address)) == leads


def test_entries_are_names_addresses_and_networks() -> None:
    networks = {ip_network("10.1.0.0/16"), ip_network("127.0.0.1/32"), ip_network("fd00::/8")}

    assert (INSIDE.names, set(INSIDE.networks)) == (frozenset({"hooks.internal"}), networks)


@pytest.mark.parametrize("entry", ["", "10.1.2.3/16", "*.internal", "http://a", "a:80", "10.1", "0x7f.1", "a b"])
def test_an_entry_that_is_none_of_these_is_told(entry: str) -> None:
    with pytest.raises(ValueError) as told:
        AllowedHosts.parse(["good.example", entry])

    assert str(told.value) == entry


@pytest.mark.parametrize(
    ("url", "endpoint", "authority"),
    [
        ("https://Hooks.Example.com", ("hooks.example.com", 443, "/"), "hooks.example.com"),
        ("https://a.example:8443/x?y=z", ("a.example", 8443, "/x?y=z"), "a.example:8443"),
        ("https://a.example?y=z", ("a.example", 443, "/?y=z"), "a.example"),
        ("http://a.example/", ("a.example", 80, "/"), "a.example"),
        ("http://a.example:443/", ("a.example", 443, "/"), "a.example:443"),
        ("https://8.8.8.8:9/", ("8.8.8.8", 9, "/"), "8.8.8.8:9"),
        ("https://[2606:4700:0:0::1111]:9/", ("2606:4700::1111", 9, "/"), "[2606:4700::1111]:9"),
    ],
)
def test_a_url_is_taken_apart(url: str, endpoint: tuple[str, int, str], authority: str) -> None:
    found = parse_endpoint(url)

    assert isinstance(found, Endpoint)
    assert (found.host, found.port, found.target) == endpoint
    assert found.is_tls == url.startswith("https")
    assert found.authority == authority


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/secret?token=secret", "https://hooks.example.com/..."),
        ("http://hooks.internal:81/secret", "http://hooks.internal:81/..."),
        ("secret", "..."),
    ],
)
def test_what_may_be_secret_in_a_url_can_be_hidden(url: str, shown: str) -> None:
    assert hide_target(url) == shown


def test_an_endpoint_shows_no_path_of_its_own() -> None:
    assert "secret" not in repr(parse_endpoint("https://hooks.example.com/secret?token=secret"))


@given(st.text(alphabet="htps:/[]@.#?\\%0127xaf-_ \n", max_size=40).map(lambda text: f"https://{text}"))
def test_whatever_is_taken_is_read_by_others_in_the_same_way(url: str) -> None:
    found = parse_endpoint(url)
    if found is not None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        assert str(ip_address(host)) == found.host if found.address else host == found.host
        assert (parts.port or 443, parts.username, parts.fragment) == (found.port, None, "")
