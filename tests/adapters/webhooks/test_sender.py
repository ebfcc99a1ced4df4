"""Posting to webhooks over real sockets: what is sent, what comes of every answer, and where nobody ever connects."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import pytest

from adapters.webhooks.dialling import dial
from adapters.webhooks.http import (
    HEAD_BYTES,
    NO_ADDRESS,
    NOT_HTTP,
    NOT_REACHED,
    HttpWebhookSender,
)
from domain.errors import WebhookError
from domain.webhook.address import Address
from domain.webhook.endpoint import AllowedHosts
from tests.loopback import listening
from tests.receiver import OK, answer, receiving

BODY = b'{"type":"run.complete"}'
HEADERS = {"webhook-id": "run-1", "webhook-signature": "v1,abc"}
LOOPBACK = AllowedHosts.parse(["127.0.0.1"])


class Names:
    """A resolver that knows what it is told, and remembers what it was asked; the last answer stays."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Dials:
    """Connects to nobody, or all to one port of loopback, and remembers who should have been called."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port
        self.dialled: list[tuple[str, int]] = []

    async def __call__(self, address: Address, port: int) -> socket.socket:
        self.dialled.append((str(address), port))
        if self._port is None:
            raise ConnectionRefusedError
        return await dial(ip_address("127.0.0.1"), self._port)


async def fail(sender: HttpWebhookSender, url: str) -> str:
    """Post where it has to fail; return why."""
    with pytest.raises(WebhookError) as failed:
        await sender.post(url, BODY, HEADERS)
    return failed.value.message


async def test_a_message_arrives_as_it_was_signed() -> None:
    async with receiving() as receiver:
        status = await HttpWebhookSender(LOOPBACK).post(receiver.url, BODY, HEADERS)
        received = await receiver.next()

    assert status == 200
    assert (received.line, received.body) == ("POST /hook?token=s3cret HTTP/1.1", BODY)
    assert received.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "user-agent": "Galley",
        "accept": "*/*",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        **HEADERS,
    }


async def test_a_large_message_arrives_whole() -> None:
    body = b"x" * 2_000_000
    async with receiving() as receiver:
        assert await HttpWebhookSender(LOOPBACK).post(receiver.url, body, HEADERS) == 200
        assert (await receiver.next()).body == body


@pytest.mark.parametrize("status", [204, 400, 410, 429, 500, 503])
async def test_the_answers_status_is_told(status: int) -> None:
    async with receiving([answer(status)]) as receiver:
        assert await HttpWebhookSender(LOOPBACK).post(receiver.url, BODY, HEADERS) == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiving() as inside:
        async with receiving([answer(status, f"Location: {inside.url}")]) as receiver:
            assert await HttpWebhookSender(LOOPBACK).post(receiver.url, BODY, HEADERS) == status
        assert inside.connections == 0


async def test_what_stands_before_the_answer_is_passed_over() -> None:
    async with receiving([answer(100) + answer(103, "Link: </x>") + OK]) as receiver:
        assert await HttpWebhookSender(LOOPBACK).post(receiver.url, BODY, HEADERS) == 200


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
async def test_no_proxy_of_the_environment_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        for spelled in (name, name.upper()):
            monkeypatch.setenv(spelled, f"http://127.0.0.1:{proxy.port}")

        assert await HttpWebhookSender(LOOPBACK).post(receiver.url, BODY, HEADERS) == 200

    assert (proxy.connections, receiver.connections) == (0, 1)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.1 two hundred\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2 * HEAD_BYTES, NOT_HTTP),
        (answer(100) * HEAD_BYTES, NOT_HTTP),
        (b"", NOT_HTTP),
    ],
)
async def test_whoever_does_not_speak_http_has_not_taken_the_message(said: bytes, failure: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(said)
        await writer.drain()

    async with listening(handle) as port:
        assert await fail(HttpWebhookSender(LOOPBACK), f"http://127.0.0.1:{port}/") == failure


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX: y\r\n", answer(100)])
async def test_a_receiver_that_never_answers_is_given_up(said: bytes) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()
        await asyncio.Event().wait()

    async with listening(handle) as port:
        failure = await fail(HttpWebhookSender(LOOPBACK, seconds=0.2), f"http://127.0.0.1:{port}/")

    assert failure == "The receiver did not answer within 0.2 s."


async def test_a_body_without_an_end_is_not_read() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    async with listening(handle) as port:
        assert await HttpWebhookSender(LOOPBACK).post(f"http://127.0.0.1:{port}/", BODY, HEADERS) == 200


async def test_a_receiver_that_is_not_there_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/"

        assert await fail(HttpWebhookSender(LOOPBACK), url) == NOT_REACHED


class TestNames:
    async def test_a_name_is_looked_up_once_and_its_address_called(self) -> None:
        async with receiving() as receiver:
            names = Names(("127.0.0.1",), ("10.0.0.1",))
            sender = HttpWebhookSender(AllowedHosts.parse(["hooks.internal"]), look_up=names)

            assert await sender.post(f"http://hooks.internal:{receiver.port}/", BODY, HEADERS) == 200

        assert names.asked == [("hooks.internal", receiver.port)]
        assert receiver.received[0].headers["host"] == f"hooks.internal:{receiver.port}"

    async def test_a_name_that_changes_its_mind_is_called_where_it_was_when_it_was_checked(self) -> None:
        names, dials = Names(("8.8.8.8",), ("127.0.0.1",)), Dials()

        failure = await fail(HttpWebhookSender(AllowedHosts(), look_up=names, call=dials), "https://rebind.example/")

        assert failure == NOT_REACHED
        assert (names.asked, dials.dialled) == ([("rebind.example", 443)], [("8.8.8.8", 443)])

    async def test_a_name_that_leads_inside_the_second_time_is_not_called_then(self) -> None:
        names, dials = Names(("8.8.8.8",), ("127.0.0.1",)), Dials()
        sender = HttpWebhookSender(AllowedHosts(), look_up=names, call=dials)

        failures = [await fail(sender, "https://rebind.example/") for _ in range(2)]

        assert failures == [NOT_REACHED, NO_ADDRESS]
        assert dials.dialled == [("8.8.8.8", 443)]

    async def test_a_connection_that_leads_elsewhere_is_not_used(self) -> None:
        async with receiving() as inside:
            dials = Dials(inside.port)
            sender = HttpWebhookSender(AllowedHosts.parse(["hooks.internal"]), look_up=Names(("8.8.8.8",)), call=dials)

            assert await fail(sender, "http://hooks.internal/") == NOT_REACHED

        assert inside.received == []

    async def test_where_one_address_does_not_answer_the_next_is_called(self) -> None:
        async with receiving() as receiver:
            names = Names(("127.0.0.2", "127.0.0.1"))
            sender = HttpWebhookSender(AllowedHosts.parse(["hooks.internal"]), look_up=names)

            assert await sender.post(f"http://hooks.internal:{receiver.port}/", BODY, HEADERS) == 200

    async def test_the_systems_resolver_is_asked_by_default(self) -> None:
        async with receiving() as receiver:
            sender = HttpWebhookSender(AllowedHosts.parse(["localhost"]))

            assert await sender.post(f"http://localhost:{receiver.port}/", BODY, HEADERS) == 200

    async def test_a_name_that_nobody_has_leads_nowhere(self) -> None:
        sender = HttpWebhookSender(AllowedHosts())

        assert await fail(sender, f"https://{'a' * 63}.invalid/") == NO_ADDRESS
