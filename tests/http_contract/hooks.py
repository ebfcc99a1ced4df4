"""What Schemathesis is told here: how to speak for the user, and to write down which runs it made."""

from __future__ import annotations

import ast
import os
import threading
from typing import Any

import schemathesis

from tests.http_contract.client import remember_run
from tests.http_contract.deployment import current_deployment, open_http
from tests.http_contract.schemathesis_run import REFRESH_TOKEN

RENEW_SECONDS = 120
_refresh_token = [os.environ[REFRESH_TOKEN]]
_parsing = threading.Lock()
_parse = ast.parse


def parse_alone(*arguments: Any, **options: Any) -> Any:
    """Parse Python as `ast.parse` does, one thread at a time.

    CPython 3.11 counts the depth of all threads in one place and raises SystemError where two parse at once, as
    Schemathesis's workers do to describe their filters.
    """
    with _parsing:
        return _parse(*arguments, **options)


ast.parse = parse_alone


@schemathesis.auth(refresh_interval=RENEW_SECONDS).skip_for(path="/auth/logout")
class Renewed:
    """A token of a session that is never logged in anew: the tries at /auth/login have that refused soon."""

    def get(self, case: Any, context: Any) -> str:
        with open_http(current_deployment().url) as http:
            answer = http.post("/auth/refresh", json={"refresh_token": _refresh_token[0]})
        answer.raise_for_status()
        tokens = answer.json()
        _refresh_token[0] = tokens["refresh_token"]
        return str(tokens["access_token"])

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Write down the run that an answer names."""
    for run_id in response.headers.get("x-run-id", []) if case.method.upper() == "POST" else []:
        remember_run(run_id)
