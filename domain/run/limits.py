"""The bounds of a run, and what happens where they meet the operator's caps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import asdict, fields, frozen

from domain.errors import DailyLimitName, Fault, InvalidRequestError

LimitName = Literal["attempts", "output_tokens", "total_tokens", "cost_usd", "deadline_seconds"] | DailyLimitName


@frozen(kw_only=True)
class Limits:
    """Bounds of one run.

    `attempts` counts the first one; `output_tokens` bounds each completion, `total_tokens` and `cost_usd` the whole
    run; `deadline_seconds` runs from the run's creation.
    """

    attempts: int = 3
    output_tokens: int = 4096
    total_tokens: int = 200_000
    cost_usd: float = 5.0
    deadline_seconds: float = 900.0


LIMIT_NAMES: tuple[str, ...] = tuple(attribute.name for attribute in fields(Limits))
_WHOLE = frozenset({"attempts", "output_tokens", "total_tokens"})


def find_limit_faults(given: Mapping[str, object], *, pointer: str = "/limits") -> tuple[Fault, ...]:
    """Say what is wrong with limits as somebody wrote them, whatever the caps are."""
    return tuple(
        Fault(pointer=f"{pointer}/{name}", message=message)
        for name, value in given.items()
        if (message := _fault(name, value)) is not None
    )


def resolve_limits(caps: Limits, *, prompt_set: Mapping[str, float], request: Mapping[str, float]) -> Limits:
    """Take the request's bounds, else the prompt set's, else the defaults, all within `caps`.

    What a prompt set asks for is held to the caps silently, since its author may serve many services.

    Raises:
        InvalidRequestError: The request asks for more than a cap.
    """
    cap = asdict(caps)
    above = tuple(
        Fault(pointer=f"/limits/{name}", message=f"is above this service's cap of {cap[name]:g}; ask for that or less")
        for name, value in request.items()
        if value > cap[name]
    )
    if above:
        raise InvalidRequestError("A limit is above this service's cap.", above)
    wished = {**asdict(Limits()), **prompt_set, **request}
    held = {name: min(value, cap[name]) for name, value in wished.items()}
    return Limits(
        attempts=int(held["attempts"]),
        output_tokens=int(held["output_tokens"]),
        total_tokens=int(held["total_tokens"]),
        cost_usd=held["cost_usd"],
        deadline_seconds=held["deadline_seconds"],
    )


def _fault(name: str, value: object) -> str | None:
    if name not in LIMIT_NAMES:
        return f"is not a limit; the limits are {', '.join(LIMIT_NAMES)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if not 0 < value < float("inf"):
        return "must be above 0"
    if name in _WHOLE and value != int(value):
        return "must be a whole number"
    return None
