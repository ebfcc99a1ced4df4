"""Schemathesis tries everything that the API description allows and forbids: never a 5xx (S5, S26, S49)."""

import asyncio
import sys
from pathlib import Path

from tests.e2e.rig.process import ROOT, GalleyProcess
from tests.e2e.rig.scene import log_in

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
LEFT_OUT = (
    "/events",  # Never ends by itself.
    "/runs/{run_id}/events",  # The same, while a run lives.
    "/auth/logout",  # Would end the session that everything else is tried with.
)
ENV = {
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "0",
    "GALLEY_USER_REQUESTS_PER_MINUTE": "1000000",
    "GALLEY_ACCESS_SECONDS": "86400",
    "GALLEY_USER_LIVE_RUNS": "100000",
}


async def test_no_request_that_the_description_allows_or_forbids_is_a_server_error(
    tmp_path: Path, is_soak: bool
) -> None:
    examples = 3000 if is_soak else 5
    async with GalleyProcess(data=tmp_path, env=ENV) as server, log_in(server) as client:
        arguments = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"),
            *("--header", f"Authorization: {client.headers['Authorization']}", "--checks", CHECKS),
            *("--seed", "20260101", "--max-examples", str(examples), "--request-timeout", "10"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure", "--no-color"),
            *(part for path in LEFT_OUT for part in ("--exclude-path", path)),
        ]
        process = await asyncio.create_subprocess_exec(
            *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()

        assert process.returncode == 0, said.decode()[-8000:]
        assert server.is_running
        assert "Traceback" not in server.stderr
