"""Checks of third parties: classes that installed packages name as entry points of the group `galley.checks`."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import structlog

from domain.content.checks import add_check_kinds

GROUP: Final = "galley.checks"


def load_check_kinds(entries: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """Make the checks of installed packages known to this process; calling it again changes nothing.

    Returns what is wrong with those that can't be used, one line each: Galley goes on without them, and a prompt set
    that uses one is told that there is no such check.
    """
    kinds, faults = [], []
    for entry in sorted(entry_points(group=GROUP) if entries is None else entries, key=lambda entry: entry.name):
        try:
            kinds.append(entry.load())
        # Whatever somebody else's module does when it is imported, it must not keep Galley from starting.
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            faults.append(f"{entry.value} can't be imported ({reason}); mend or remove its package")
    return (*faults, *add_check_kinds(kinds, _report))


def log_check_faults(faults: Iterable[str]) -> None:
    """Tell the operator which checks can't be used."""
    for fault in faults:
        structlog.get_logger().warning("check not used", fault=fault)


def _report(kind: str, error: BaseException) -> None:
    # Never the text, which a traceback does not hold either; the message of an error may quote it.
    structlog.get_logger().error("check broke", check=kind, error=type(error).__name__, where=_locate(error))


def _locate(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
