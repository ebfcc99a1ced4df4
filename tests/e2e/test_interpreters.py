"""What is locked can be installed and served with on every Python here."""

import pytest

from tests.e2e.interpreters import find_interpreters, ready_interpreter
from tests.e2e.serving import ServerProcess, read_answer

INTERPRETERS = find_interpreters()


@pytest.mark.parametrize("version", INTERPRETERS)
def test_a_page_is_served_by(version: str) -> None:
    python = ready_interpreter(version, INTERPRETERS[version])
    with ServerProcess(python=python) as server, server.request("/") as sock:
        assert read_answer(sock) == (200, b"ok")
