"""The contract kit judges a real Galley, and sees what a deployment gets wrong (S5, S26, S49)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.rig.process import ADMIN_PASSWORD, ROOT, GalleyProcess, find_free_port
from tests.e2e.rig.scene import log_in
from tests.http_contract.client import MADE
from tests.http_contract.deployment import PASSWORD, URL, USERNAME
from tests.http_contract.schemathesis_run import EXAMPLES, LASTING
from tests.loopback import listening

pytestmark = pytest.mark.long
SAMPLE = {
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "0",
    "GALLEY_USER_REQUESTS_PER_MINUTE": "1000000",
    "GALLEY_USER_LIVE_RUNS": "100000",
}
LIES: Mapping[str, tuple[bytes, bytes, str]] = {
    "a hole": (b'"seq":3,', b'"seq":4,', "count_from_one"),
    "no end": (b"event: complete", b"event: content_", "last_one_alone"),
    "progress that goes back": (b'"progress":60', b'"progress":10', "never_goes_back_and_ends"),
    "no ids": (b"\nid: ", b"\nix: ", "framed"),
    "open to all": (b"HTTP/1.1 401 ", b"HTTP/1.1 200 ", "what_is_public"),
    "a forgiving key": (b"HTTP/1.1 422 ", b"HTTP/1.1 200 ", "known_key_with_another_body"),
    "a cursor for everybody": (b"HTTP/1.1 409 ", b"HTTP/1.1 200 ", "cursor_of_another_run"),
    "no reset": (b"event: reset", b"event: steer", "not_in_the_log"),
}
"""What a lying proxy changes on the way, and the law that has to see it; each is as long as what it replaces."""


async def run_kit(*options: str, module: str = "tests.http_contract", **env: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *options),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("GALLEY_")} | env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_galley_keeps_the_contract_and_is_left_in_order(tmp_path: Path, is_soak: bool) -> None:
    examples = "800" if is_soak else "2"
    async with GalleyProcess(data=tmp_path, env=SAMPLE) as server, log_in(server) as client:
        code, said = await run_kit(
            **{URL: server.url, PASSWORD: ADMIN_PASSWORD, EXAMPLES: examples, LASTING: "1"},
        )
        left = (await client.call("GET", "/runs")).json()["runs"]

        assert code == 0, said[-8000:]
        assert "The contract is kept." in said
        assert left == []
        assert server.is_running
        assert "Traceback" not in server.stderr


def tell_lies(told: bytes) -> bytes:
    for truth, lie, _ in LIES.values():
        told = told.replace(truth, lie)
    return told


@asynccontextmanager
async def lying(port: int) -> AsyncIterator[int]:
    """Stand before a server and change its words; give the port."""

    async def pass_on(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes] = bytes
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(65_536):
                writer.write(change(piece))
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.TaskGroup() as both:
            both.create_task(pass_on(reader, upstream_writer))
            both.create_task(pass_on(upstream_reader, writer, tell_lies))

    async with listening(accept, limit=65_536) as own_port:
        yield own_port


async def test_the_laws_see_each_lie(tmp_path: Path) -> None:
    assert all(len(truth) == len(lie) for truth, lie, _ in LIES.values())
    laws = [law for _, _, law in LIES.values()]
    made = tmp_path / "made"
    made.touch()
    options = ("tests/http_contract", "-q", "--tb=no", "-p", "no:cacheprovider", "-k", " or ".join(laws))
    async with GalleyProcess(data=tmp_path / "data", env=SAMPLE) as server, lying(server.port) as port:
        where = {URL: f"http://127.0.0.1:{port}", PASSWORD: ADMIN_PASSWORD, MADE: str(made)}
        code, said = await run_kit(*options, module="pytest", **where)
    failed = [line for line in said.splitlines() if line.startswith("FAILED ")]

    assert code == 1
    assert [law for law in laws if not any(law in line for line in failed)] == [], said[-4000:]


async def test_without_a_deployment_there_is_one_line_and_no_judgement(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{find_free_port()}"
    async with GalleyProcess(data=tmp_path, env=SAMPLE) as server:
        port = server.port
        cases = {
            "make contract URL=": {PASSWORD: "x"},
            "Nothing answers at": {URL: nowhere, PASSWORD: "x"},
            "is not Galley": {URL: f"{server.url}/runs", PASSWORD: "x"},
            PASSWORD: {URL: server.url},
            "Leave user, password": {URL: f"http://admin:{ADMIN_PASSWORD}@127.0.0.1:{port}", PASSWORD: "x"},
            "don't match for 'ann'": {URL: server.url, USERNAME: "ann", PASSWORD: "not-the-password"},
        }
        results = await asyncio.gather(*(run_kit(**env) for env in cases.values()))

    for words, (code, said) in zip(cases, results, strict=True):
        assert (code, said.count("\n")) == (2, 1), said
        assert words in said
        assert ADMIN_PASSWORD not in said
