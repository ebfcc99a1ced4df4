"""Connecting to one address, and knowing that the connection leads there."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv6Address, ip_address

from domain.webhook.address import Address


class ElsewhereError(OSError):
    """A connection leads to another address than the one that was dialled."""


async def dial(address: Address, port: int) -> socket.socket:
    """Return a socket that is connected to that address.

    Raises:
        OSError: It can't be reached.
    """
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
    except BaseException:
        sock.close()
        raise
    return sock


def check_peer(sock: socket.socket, address: Address) -> None:
    """Compare what the kernel says of a connection with what was wanted, before a byte goes over it.

    Raises:
        ElsewhereError: It leads elsewhere; it is closed.
    """
    peer = sock.getpeername()[0]
    if ip_address(peer) != address:
        sock.close()
        raise ElsewhereError
