"""Webhooks over TLS: the certificate is checked for the name, whatever address that has."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from adapters.webhooks.http import NOT_TRUSTED, HttpWebhookSender
from domain.errors import WebhookError
from domain.webhook.endpoint import AllowedHosts
from tests.loopback import listening
from tests.receiver import answer, receiving

NAME = "hooks.internal"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = ["openssl", "req", "-x509", "-days", "2", *kind, "-keyout", key, "-out", cert, *subject]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.fixture
def receivers_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def make_sender(tls: ssl.SSLContext | None) -> HttpWebhookSender:
    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.1",)

    return HttpWebhookSender(AllowedHosts.parse([NAME, "other.internal"]), look_up=look_up, tls=tls)


async def test_a_message_goes_to_the_name_that_the_certificate_is_for(
    certificate: tuple[Path, Path], receivers_side: ssl.SSLContext
) -> None:
    named: list[str | None] = []
    receivers_side.sni_callback = lambda _, name, __: named.append(name)
    sender = make_sender(ssl.create_default_context(cafile=certificate[0]))

    async with receiving(tls=receivers_side) as receiver:
        assert await sender.post(f"https://{NAME}:{receiver.port}/", b"{}", {}) == 200

    assert named == [NAME]
    assert receiver.received[0].headers["host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize(("host", "is_authority_known"), [("other.internal", True), (NAME, False)])
async def test_a_certificate_for_another_name_or_of_nobody_known_gets_nothing(
    certificate: tuple[Path, Path], receivers_side: ssl.SSLContext, host: str, is_authority_known: bool
) -> None:
    sender = make_sender(ssl.create_default_context(cafile=certificate[0]) if is_authority_known else None)

    async with receiving(tls=receivers_side) as receiver:
        with pytest.raises(WebhookError, match=NOT_TRUSTED):
            await sender.post(f"https://{host}:{receiver.port}/", b"{}", {})

    assert receiver.received == []


async def test_a_receiver_that_speaks_no_tls_gets_nothing() -> None:
    heard = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(400))
        while data := await reader.read(4096):
            heard.extend(data)

    async with listening(handle) as port:
        with pytest.raises(WebhookError, match=NOT_TRUSTED):
            await make_sender(None).post(f"https://{NAME}:{port}/", b"the message", {})

    assert b"the message" not in heard
