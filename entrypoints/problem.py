"""Reading a server's problem+json (RFC 9457) into one line for people."""

from __future__ import annotations

import httpx
import msgspec
from attrs import frozen


@frozen(kw_only=True)
class _Fault:
    pointer: str = ""
    detail: str = ""


@frozen(kw_only=True)
class _Problem:
    detail: str
    errors: tuple[_Fault, ...] = ()


def describe_problem(response: httpx.Response) -> str:
    """Return what the server said is wrong, its faults included, or at least its status."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return f"The server answered {response.status_code} {response.reason_phrase}."
    faults = "; ".join(f"{fault.pointer.lstrip('/')}: {fault.detail}" for fault in problem.errors)
    return f"{problem.detail} {faults}".strip()
