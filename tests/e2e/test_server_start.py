"""What keeps the server from starting is said in one line, with what to do."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from quart import Quart

from entrypoints.http.server import ServerConfig, serve
from tests.e2e.serving import ROOT, ServerProcess


def start(**options: Any) -> tuple[int, str]:
    """Its status and stderr; stdout stays empty."""
    command = [sys.executable, "-m", "tests.e2e.server_process", json.dumps(options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_taken_port() -> None:
    with ServerProcess() as server:
        port = server.address[1]

        assert start(port=port) == (
            1,
            f"Cannot listen on 127.0.0.1 port {port}: Address already in use. "
            "Stop the process that listens there, or set GALLEY_PORT to another port (0 takes a free one).\n",
        )


def test_an_address_of_another_machine() -> None:
    assert start(host="192.0.2.1", port=8000) == (
        1,
        "Cannot listen on 192.0.2.1 port 8000: Cannot assign requested address. "
        "Set GALLEY_HOST to an address of this machine, such as 127.0.0.1.\n",
    )


def test_a_missing_certificate() -> None:
    assert start(certfile="missing.pem", keyfile="missing.key") == (
        1,
        "Cannot use the certificate missing.pem with the key missing.key: [Errno 2] No such file or directory. "
        "Both must be PEM files that this process may read and that belong together.\n",
    )


def test_a_certificate_without_its_key() -> None:
    assert start(certfile="cert.pem") == (1, "A certificate and its key are given together or not at all.\n")


def test_an_app_that_fails() -> None:
    status, said = start(faults=["start"])

    # Quart has logged the cause before it.
    assert (status, said.splitlines()[-1]) == (1, "The app did not start: Lifespan failure in startup. 'not today'")


async def test_a_cancelled_server_shuts_its_app_down_and_frees_its_port() -> None:
    app, said = Quart(__name__), []
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @app.after_serving
    async def stopped() -> None:
        said.append("stopped")

    async def on_drain() -> None:
        said.append("drained")

    serving = asyncio.create_task(serve(app, ServerConfig(port=0), on_drain=on_drain, ready=url.set_result))
    port = int((await url).rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving

    assert (await reader.read(), said) == (b"", ["stopped"])
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
