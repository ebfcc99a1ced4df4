"""What a log line looks like, and what never gets into one."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from entrypoints.log import LogFormat, setup_logging
from tests.entrypoints.logging_state import logging_as_before

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    with logging_as_before():
        yield


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_log(log_format: LogFormat | None = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    setup_logging(level, log_format, stream)
    return stream


def read_line(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    fields: dict[str, object] = json.loads(line)
    del fields["time"]
    return fields


def test_a_line_is_one_json_object_with_its_fields() -> None:
    stream = open_log()

    structlog.get_logger("galley.worker").info("run claimed", run_id="r1", stage="generator", attempt=1)

    assert read_line(stream) == {
        "level": "info",
        "logger": "galley.worker",
        "event": "run claimed",
        "run_id": "r1",
        "stage": "generator",
        "attempt": 1,
    }


def test_lines_of_the_standard_library_look_the_same() -> None:
    stream = open_log()

    logging.getLogger("galley.server").warning("peer %s left", "10.0.0.1", extra={"run_id": "r1"})

    assert read_line(stream) == {
        "level": "warning",
        "logger": "galley.server",
        "event": "peer 10.0.0.1 left",
        "run_id": "r1",
    }


def test_the_form_is_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal, pipe = Terminal(), io.StringIO()

    setup_logging(stream=terminal)
    structlog.get_logger("galley").info("ready", url="http://localhost")
    setup_logging(stream=pipe)
    structlog.get_logger("galley").info("ready", url="http://localhost")

    assert terminal.getvalue()[8:] == " info    ready  url=http://localhost  (galley)\n"
    assert read_line(pipe)["event"] == "ready"


def test_what_is_below_the_level_is_not_written() -> None:
    stream = open_log(level="warning")

    structlog.get_logger("galley").info("ready")
    logging.getLogger("galley").info("ready")

    assert stream.getvalue() == ""


def test_libraries_that_write_a_line_per_request_are_quiet() -> None:
    stream = open_log()

    logging.getLogger("httpx").info("HTTP Request: GET http://example/?token=x")

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "access_token", "api-key", "SECRET_KEY", "key", "Set-Cookie"]
)
def test_a_field_that_is_named_like_a_secret_is_redacted(name: str) -> None:
    stream = open_log()

    structlog.get_logger("galley").info("said", **{name: "hunter2"}, inner={name: "hunter2", "user": "ann"})

    assert "hunter2" not in stream.getvalue()
    assert '"user": "ann"' in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2-hunter2",
        "GET /runs?after=3&ticket=hunter2-hunter2",
        "{'password': 'hunter2-hunter2'}",
        "ANTHROPIC_API_KEY=hunter2-hunter2",
        "bearer hunter2-hunter2",
        "postgresql://galley:hunter2-hunter2@db/galley",
        "key sk-hunter2-hunter2",
    ],
)
def test_a_secret_inside_of_a_text_is_redacted(text: str) -> None:
    stream = open_log()

    structlog.get_logger("galley").info(text, seen=[text])
    logging.getLogger("galley").error("failed: %s", text)

    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("[redacted]") == 3


def test_a_token_is_redacted_wherever_it_stands() -> None:
    stream = open_log()

    try:
        raise ValueError(f"not good: {JWT}")
    except ValueError:
        structlog.get_logger("galley").exception("failed")

    assert "eyJ" not in stream.getvalue()
    assert "not good: [redacted]" in stream.getvalue()


def test_numbers_of_tokens_are_not_secrets() -> None:
    stream = open_log()

    structlog.get_logger("galley").info("called", output_tokens=7, token=7, monkey="banana")

    assert read_line(stream) | {"level": "", "logger": "", "event": ""} == {
        "level": "",
        "logger": "",
        "event": "",
        "output_tokens": 7,
        "token": 7,
        "monkey": "banana",
    }


FORGED = "ann\r\n12:00:00 info    admin logged in\x1b[2K\u2028"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_nothing_in_a_value_can_begin_a_line_or_steer_the_terminal(log_format: LogFormat) -> None:
    stream = open_log(log_format)

    structlog.get_logger("galley").info(FORGED, user=FORGED, **{FORGED: 1})

    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()


def test_a_traceback_stands_indented_below_its_line() -> None:
    stream = open_log("text")

    try:
        raise ValueError(FORGED)
    except ValueError:
        structlog.get_logger("galley").exception("failed")

    head, *rows = stream.getvalue().splitlines()
    assert head[9:] == "error   failed  (galley)"
    assert rows
    assert all(row.startswith("    ") for row in rows)
    assert stream.getvalue().replace("\n", "").isprintable()
