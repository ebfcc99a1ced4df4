"""Logging: one structured line per boundary crossing on stderr, text for people or JSON for machines, no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.types import EventDict, WrappedLogger

from entrypoints.printable import make_printable

REDACTED = "[redacted]"
LogFormat = Literal["text", "json"]

_WORDS = "authorization|cookie|credential|passwd|password|secret|ticket|token"
_SECRET_NAME = re.compile(rf"(?i)(?<![a-z])(?:{_WORDS}|key)$")
_SECRET_PAIR = (
    rf"(?i)((?<![a-z])(?:{_WORDS}|[a-z]+[_-]key)[\"']?\s*[:=]\s*[\"']?)"
    r"(?:(?:bearer|basic)\s+)?[^\s\"'&,;}]+"
)
_KEPT = rf"\1{REDACTED}"
_SECRET_VALUES = (
    (re.compile(_SECRET_PAIR), _KEPT),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}"), _KEPT),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"\bsk-[\w-]{8,}"), REDACTED),
    (re.compile(r"://[^/\s:@]*:[^/\s@]+@"), f"://{REDACTED}@"),
)
"""Fields named so, credentials of RFC 9110 and 6750, JWTs (RFC 7519), providers' API keys, passwords in URLs."""

_QUIET = ("anthropic", "asyncio", "httpcore", "httpcore2", "httpx", "httpx2", "hypercorn", "openai")
"""Loggers that write a line per request of their own below this level, with addresses and prompts in them."""


def setup_logging(level: str = "info", log_format: LogFormat | None = None, stream: TextIO | None = None) -> None:
    """Send everything that is logged, by structlog or the standard library, to `stream` (stderr); safe to call again.

    Without a format it is text where the stream is a terminal, else JSON, one object a line.
    """
    stream = sys.stderr if stream is None else stream
    is_text = log_format == "text" or (log_format is None and stream.isatty())
    shared = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                render_text if is_text else render_json,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Take secrets out: values of fields that are named so, and whatever looks like one inside of a text."""
    return {name: _redact_field(name, value) for name, value in line.items()}


def render_json(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    """Write time, level, logger and event, then the rest, as one JSON object in ASCII."""
    head = {name: line.pop(name) for name in ("time", "level", "logger", "event") if name in line}
    return json.dumps({**head, **line}, default=str)


def render_text(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    """Write one line; a traceback follows, indented, so that nothing in it can pass for a line of its own."""
    trace = line.pop("exception", "")
    time, level, logger, event = (str(line.pop(name, "")) for name in ("time", "level", "logger", "event"))
    rest = "".join(f"  {make_printable(name)}={_quote(value)}" for name, value in line.items())
    head = f"{time[11:19]} {level:<7} {make_printable(event)}{rest}  ({make_printable(logger)})"
    return "\n    ".join([head, *(make_printable(row) for row in str(trace).splitlines())])


def _redact_field(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and not isinstance(value, int | float | None):
        return REDACTED
    return _redact_value(value)


def _redact_value(value: Any) -> Any:
    match value:
        case int() | float() | None:
            return value
        case Mapping():
            return {str(name): _redact_field(str(name), inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redact_value(inner) for inner in value]
    text = str(value)
    for pattern, replacement in _SECRET_VALUES:
        text = pattern.sub(replacement, text)
    return text


def _quote(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    plain = make_printable(text)
    return plain if plain and not re.search(r"[\s=\"]", plain) else json.dumps(plain, ensure_ascii=False)
