"""Schemathesis over the deployment's own description, and what it may not do to somebody's deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.http_contract.deployment import Deployment, Session

EXAMPLES = "GALLEY_CONTRACT_EXAMPLES"
LASTING = "GALLEY_CONTRACT_LASTING"
REFRESH_TOKEN = "GALLEY_CONTRACT_REFRESH_TOKEN"
FEW = 5
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def try_description(deployment: Deployment, folder: Path) -> bool:
    """Try what the description allows and forbids; return whether every answer was one that it has.

    EXAMPLES is how many requests are made up for each operation. Publishing prompt sets and the like is left out, as
    nothing takes it back, and so is what Schemathesis would find by looking through the user's other runs; with
    LASTING all of it is done. It has a session of its own, whose token goes by way of the environment.
    """
    is_lasting = os.environ.get(LASTING) == "1"
    arguments = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(HERE / ("lasting.toml" if is_lasting else "schemathesis.toml"))),
        *("run", f"{deployment.url}/openapi.json", "--url", deployment.url),
        *("--max-examples", os.environ.get(EXAMPLES) or str(FEW)),
    ]
    session = Session.begin(deployment)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.http_contract.hooks",
        REFRESH_TOKEN: session.tokens["refresh_token"],
        "PYTHONPATH": str(ROOT),
    }
    try:
        return subprocess.run(arguments, cwd=folder, env=environment, check=False).returncode == 0
    finally:
        session.end()
