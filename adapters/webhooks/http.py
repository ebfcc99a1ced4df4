"""Posting to webhooks over HTTP/1.1, to an address that was looked up once, checked, and is the one connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Final

import h11

from adapters.webhooks.dialling import check_peer, dial
from adapters.webhooks.lookup import Lookup
from domain.errors import WebhookError
from domain.webhook.address import Address
from domain.webhook.endpoint import AllowedHosts, Endpoint, find_endpoint_fault, parse_endpoint

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
ADDRESSES: Final = 3
"""As many of a host's are tried until one answers."""
HEAD_BYTES: Final = 16_384
"""As much as is read of an answer; its body never is."""

NOT_ALLOWED: Final = "This service does not call webhooks at this URL any more."
NO_ADDRESS: Final = "The host has no address that webhooks may go to."
NOT_REACHED: Final = "The receiver could not be reached."
NOT_TRUSTED: Final = "There is no safe connection to the receiver; check its certificate."
NOT_HTTP: Final = "The receiver did not answer in HTTP."

LookUp = Callable[[str, int], Awaitable[tuple[str, ...]]]
Dial = Callable[[Address, int], Awaitable[socket.socket]]


class HttpWebhookSender:
    """`WebhookSender` without redirects, proxies, cookies, kept connections or anything else that is ambient.

    `look_up`, `call` and `seconds` are for tests; where `tls` is left out the system's certificates count.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        look_up: LookUp | None = None,
        call: Dial = dial,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._allowed = allowed
        self._look_up = look_up or Lookup()
        self._call = call
        self._tls = tls or ssl.create_default_context()
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send once. No error shows where the host's name led, since that may be inside."""
        endpoint = parse_endpoint(url)
        if endpoint is None or find_endpoint_fault(url, self._allowed) is not None:
            raise WebhookError(NOT_ALLOWED)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(endpoint, body, headers)
        except TimeoutError:
            raise WebhookError(f"The receiver did not answer within {self._seconds:g} s.") from None
        except ssl.SSLError:
            raise WebhookError(NOT_TRUSTED) from None
        except OSError:
            raise WebhookError(NOT_REACHED) from None
        except h11.RemoteProtocolError:
            raise WebhookError(NOT_HTTP) from None

    async def _post(self, endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> int:
        sock = await self._connect(endpoint, await self._find_addresses(endpoint))
        tls, name = (self._tls, endpoint.host) if endpoint.is_tls else (None, None)
        reader, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name)
        try:
            return await _exchange(reader, writer, endpoint, body, headers)
        finally:
            writer.transport.abort()

    async def _find_addresses(self, endpoint: Endpoint) -> list[Address]:
        """Return where the host is. One forbidden address spoils them all: who mixes them wants us to take that one."""
        if endpoint.address is not None:
            return [endpoint.address]
        addresses = [ip_address(text) for text in await self._look_up(endpoint.host, endpoint.port)]
        if not addresses or not all(self._allowed.lead_to(endpoint, address) for address in addresses):
            raise WebhookError(NO_ADDRESS)
        return addresses[:ADDRESSES]

    async def _connect(self, endpoint: Endpoint, addresses: list[Address]) -> socket.socket:
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._connect_to(address, endpoint.port)
            except OSError:
                continue
        return await self._connect_to(addresses[-1], endpoint.port)

    async def _connect_to(self, address: Address, port: int) -> socket.socket:
        sock = await self._call(address, port)
        check_peer(sock, address)
        return sock


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    endpoint: Endpoint,
    body: bytes,
    headers: Mapping[str, str],
) -> int:
    """Send the request and return the status of what comes back."""
    connection = h11.Connection(h11.CLIENT)
    own = {
        "host": endpoint.authority,
        "user-agent": "Galley",
        "accept": "*/*",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    request = h11.Request(method="POST", target=endpoint.target, headers=list({**own, **headers}.items()))
    for event in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(event) or b"")
    await writer.drain()
    return await _read_status(reader, connection)


async def _read_status(reader: asyncio.StreamReader, connection: h11.Connection) -> int:
    left = HEAD_BYTES
    while True:
        match connection.next_event():
            case h11.Response() as response:
                return response.status_code
            case h11.InformationalResponse():
                continue
        # Nothing at the bound, as at the end; h11 refuses an answer that ends there.
        data = await reader.read(left)
        left -= len(data)
        connection.receive_data(data)
