"""Judges a deployment by the HTTP contract: `make contract URL=...`; docs/contract-kit.md says how."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.http_contract.client import MADE
from tests.http_contract.deployment import Session, SetupError, current_deployment, read_description
from tests.http_contract.schemathesis_run import try_description
from tests.http_contract.tidying import delete_runs

LAWS = Path(__file__).parent
SETUP = 2


def main() -> int:
    """Return 0 where every law holds, 1 where one does not, 2 where there is nothing to judge."""
    try:
        deployment = current_deployment()
        described = read_description(deployment)
        session = Session.begin(deployment)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return SETUP
    say(f"Judging Galley {described['info']['version']} at {deployment.url} as {deployment.username}.")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "runs"
        made.touch()
        os.environ[MADE] = str(made)
        try:
            has_kept_laws = keep_laws(sys.argv[1:])
            is_as_described = try_description(deployment, Path(folder))
        finally:
            say(f"Deleted {delete_runs(session, made.read_text().split())} runs that were made for this.")
            session.end()
    say("The contract is kept." if has_kept_laws and is_as_described else "The contract is broken.")
    return 0 if has_kept_laws and is_as_described else 1


def keep_laws(options: list[str]) -> bool:
    """Run the laws in a process of their own; return whether all of them hold."""
    arguments = [sys.executable, "-m", "pytest", str(LAWS), "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(arguments, cwd=LAWS.parents[1], check=False).returncode == 0


def say(line: str) -> None:
    """Tell whoever looks on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
