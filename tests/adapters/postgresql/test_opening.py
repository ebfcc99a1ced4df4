"""What can't be opened is told in one sentence that shows no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.stores.postgresql.store import PostgresqlStore
from domain.errors import StoreError, StoreRefusedError, StoreUnavailableError
from tests.adapters.postgresql.server import PostgresqlServer, ask
from tests.entrypoints.shell import Shell


async def open_and_fail(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        async with PostgresqlStore.open(url, clock=ManualClock()):
            pass
    assert "hunter2" not in str(caught.value)
    return caught.value


async def test_where_nobody_answers_the_place_is_told() -> None:
    error = await open_and_fail("postgresql://galley:hunter2@127.0.0.1:1/galley")

    assert isinstance(error, StoreUnavailableError)
    assert str(error) == "PostgreSQL at 127.0.0.1:1 can't be reached; start it, or correct STORE_URL."


async def test_a_database_that_is_not_there_is_refused(server: PostgresqlServer) -> None:
    error = await open_and_fail(server.url("nothing").replace("galley@", "galley:hunter2@"))

    assert isinstance(error, StoreRefusedError)


@pytest.mark.parametrize(
    "url", ["postgresql://galley:hunter2@127.0.0.1:port/galley", "postgresql://galley:hunter2@[::1/galley"]
)
async def test_a_url_that_is_none_is_refused(url: str) -> None:
    error = await open_and_fail(url)

    assert isinstance(error, StoreRefusedError)
    assert error.__cause__ is None


async def test_a_role_that_may_not_make_tables_is_refused(url: str) -> None:
    await ask(url, "DROP ROLE IF EXISTS guest")
    await ask(url, "CREATE ROLE guest LOGIN")

    error = await open_and_fail(url.replace("galley@", "guest@"))

    assert isinstance(error, StoreRefusedError)
    assert "has to own the database" in str(error)


def test_every_command_tells_of_a_server_that_is_not_there_in_one_line_without_the_password(tmp_path: Path) -> None:
    store_url = "postgresql://galley:hunter2@127.0.0.1:1/galley"

    for command in (["serve"], ["work"], ["migrate"], ["users", "list"]):
        result = Shell(tmp_path).call(*command, GALLEY_STORE_URL=store_url)

        told = "galley: PostgreSQL at 127.0.0.1:1 can't be reached; start it, or correct STORE_URL.\n"
        assert (result.exit_code, result.stderr) == (2, told)
