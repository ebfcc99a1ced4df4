"""Whatever URL a run names, no socket is ever connected to an address inside: by the interpreter's own word."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

from adapters.webhooks.http import NO_ADDRESS, NOT_ALLOWED, HttpWebhookSender
from domain.errors import WebhookError
from domain.webhook.endpoint import AllowedHosts
from tests.domain.webhook.urls import LEAD_INSIDE, REFUSED

TLS = ssl.create_default_context()
_watchers: list[list[Any]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for connected in _watchers:
            connected.append(arguments[1])


@pytest.fixture(scope="module", autouse=True)
def _audited() -> None:
    # A hook stays for good, so there is one of them, which does nothing while nobody watches.
    sys.addaudithook(_audit)


@contextmanager
def watching() -> Iterator[list[Any]]:
    """Give the addresses that this process connects sockets to, while the block lasts."""
    connected: list[Any] = []
    _watchers.append(connected)
    try:
        yield connected
    finally:
        _watchers.remove(connected)


def make_sender() -> HttpWebhookSender:
    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return LEAD_INSIDE.get(f"https://{host}/", ("127.0.0.1",))

    return HttpWebhookSender(AllowedHosts(), look_up=look_up, tls=TLS)


@pytest.mark.parametrize("url", [*REFUSED, *LEAD_INSIDE])
async def test_no_url_of_the_table_makes_a_connection(url: str) -> None:
    with watching() as connected, pytest.raises(WebhookError) as failed:
        await make_sender().post(url, b"{}", {})

    assert connected == []
    assert failed.value.message == (NO_ADDRESS if url in LEAD_INSIDE else NOT_ALLOWED)


async def test_a_connection_would_have_been_seen() -> None:
    sender = HttpWebhookSender(AllowedHosts.parse(["127.0.0.1"]))

    with watching() as connected, pytest.raises(WebhookError):
        await sender.post("http://127.0.0.1:9/", b"{}", {})

    assert connected == [("127.0.0.1", 9)]
    assert ip_address(connected[0][0]).is_loopback
