"""What Prometheus reads, and who may."""

from __future__ import annotations

import attrs
import pytest

from domain.errors import StoreUnavailableError
from domain.run.model import LiveRuns
from domain.user import Role
from entrypoints.http.metrics import MEDIA_TYPE, write_samples
from tests.entrypoints.arrangement import House

TOKEN = "only-prometheus-knows-this"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scraped(house: House) -> House:
    """The service of an operator who has given a token."""
    house.app.extensions["galley"] = attrs.evolve(house.services, metrics_token=TOKEN)
    return house


async def read(house: House, headers: dict[str, str]) -> dict[str, float]:
    answer = await house.ask("GET", "/metrics", headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA_TYPE)
    lines = (await answer.get_data(as_text=True)).splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}


async def test_the_runs_of_the_store_are_counted(scraped: House) -> None:
    ann = await scraped.log_in("ann")
    run_id = await scraped.begin(ann)
    await scraped.begin(ann)
    await scraped.claim(run_id)

    told = await read(scraped, BEARER)

    assert (told['galley_runs{status="queued"}'], told['galley_runs{status="running"}']) == (1, 1)
    assert told["galley_working"] == 1
    assert told['galley_info{version="0.1.0"}'] == 1
    assert told["process_cpu_seconds_total"] > 0
    assert told["process_resident_memory_bytes"] > 1e6
    assert told["process_open_fds"] > 2


async def test_an_admin_may_read_them_without_the_token(house: House) -> None:
    assert 'galley_runs{status="queued"}' in await read(house, await house.log_in("root", Role.ADMIN))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": "Bearer "}, 401),
    ],
)
async def test_nobody_else_may(scraped: House, headers: dict[str, str], status: int) -> None:
    answer = await scraped.ask("GET", "/metrics", headers)

    assert answer.status_code == status
    assert b"galley_runs" not in await answer.get_data()


async def test_without_a_token_of_the_operator_s_none_is_good(house: House) -> None:
    for given in (TOKEN, "None", ""):
        assert (await house.ask("GET", "/metrics", {"Authorization": f"Bearer {given}"})).status_code == 401


async def test_the_token_opens_nothing_else(scraped: House) -> None:
    assert (await scraped.ask("GET", "/runs", BEARER)).status_code == 401


class UnreachableQueue:
    """A queue in a store that can't be reached."""

    async def count(self) -> LiveRuns:
        raise StoreUnavailableError("No connection to postgresql://galley:hunter2@db.")


async def test_a_store_that_cannot_be_read_is_a_failed_scrape(scraped: House) -> None:
    services = scraped.app.extensions["galley"]
    scraped.app.extensions["galley"] = attrs.evolve(services, depth=UnreachableQueue())

    assert (await scraped.ask("GET", "/metrics", BEARER)).status_code == 503


def test_samples_of_one_name_share_their_help_and_type() -> None:
    written = write_samples([('a{b="1"}', "gauge", "Things.", 1), ('a{b="2"}', "gauge", "Things.", 2.5)])

    assert written == '# HELP a Things.\n# TYPE a gauge\na{b="1"} 1\na{b="2"} 2.5\n'
