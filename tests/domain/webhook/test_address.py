"""Which addresses are the internet's own: the edges of every network that is not."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhook.address import is_public

EDGES = [
    ("0.0.0.0", "0.255.255.255", None, "1.0.0.0"),
    ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0", "255.255.255.255", "223.255.255.255", None),
    ("::", "1fff:ffff::", None, "2000::"),
    ("2001::", "2001:1ff:ffff::", "2000:ffff::", "2001:200::"),
    ("2001:db8::", "2001:db8:ffff:ffff::", "2001:db7:ffff::", "2001:db9::"),
    ("2002::", "2002:ffff:ffff::", "2001:ffff::", "2003::"),
    ("3fff::", "3fff:fff:ffff::", "3ffe:ffff::", "3fff:1000::"),
    ("4000::", "ffff:ffff::", None, None),
    ("64:ff9b::7f00:0", "64:ff9b::7fff:ffff", "64:ff9b::7eff:ffff", "64:ff9b::8000:0"),
]


@pytest.mark.parametrize(("first", "last", "before", "after"), EDGES)
def test_a_network_is_kept_off_to_its_edges(first: str, last: str, before: str | None, after: str | None) -> None:
    assert [is_public(ip_address(inside)) for inside in (first, last)] == [False, False]
    assert all(is_public(ip_address(outside)) for outside in (before, after) if outside)


@given(st.ip_addresses())
def test_what_python_knows_to_be_special_is_never_public(address: IPv4Address) -> None:
    special = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
    is_nat64 = address.version == 6 and str(address).startswith("64:ff9b::")
    if any(getattr(address, name) for name in special) and not is_nat64:
        assert not is_public(address)
