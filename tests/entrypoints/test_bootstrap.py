"""What is put together at start, what is refused, and that everything is closed again."""

import asyncio
import json
import stat
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from adapters.clock import SystemClock, settle
from adapters.providers.scripted import Pause, Script, Stall
from adapters.stores.sqlite.store import SqliteStore
from domain.errors import InvalidCredentialsError, StoreRefusedError
from domain.run.model import RunStatus
from domain.user import Role
from entrypoints.bootstrap import bootstrap, open_registry
from entrypoints.http.app import create_app
from entrypoints.settings import Settings, SettingsError
from tests.entrypoints.bootstrapped import NOTE, PASSWORD, begin, find_admin, read_to_end, scripted, wait_for_text


async def test_a_run_goes_from_request_to_text_with_any_provider_that_is_given(settings: Settings) -> None:
    async with bootstrap(settings, provider=scripted("Tea is hot.")) as house:
        history = await read_to_end(house, await begin(house))

    assert history.text_so_far == "Tea is hot."
    assert house.services.rules.default_model == "scripted"


async def test_without_a_key_the_sample_provider_writes(settings: Settings) -> None:
    async with bootstrap(evolve(settings, store_url="memory:")) as house:
        history = await read_to_end(house, await begin(house))

    assert "sample" in (history.text_so_far or "")
    assert house.services.rules.default_model == "sample"


async def test_a_prompt_file_is_published_once_and_again_when_it_changed(settings: Settings) -> None:
    async with bootstrap(settings):
        pass
    async with bootstrap(settings) as house:
        unchanged = await house.services.prompts.find("note")
    (settings.prompts / "note.yaml").write_text(NOTE.replace("Write about", "Write a line about"))
    async with bootstrap(settings) as house:
        changed = await house.services.prompts.find("note")
        before = await house.services.prompts.find("note@1")

    assert (unchanged.pin.version, unchanged.author) == (1, "files")
    assert (changed.pin.version, changed.source) == (2, NOTE.replace("Write about", "Write a line about"))
    assert before == unchanged


async def test_a_broken_prompt_file_is_told_by_its_line_and_stops_no_other(
    settings: Settings, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    (settings.prompts / "broken.yaml").write_text("name: broken\ntitle: Broken\noutput_format: paper\n")

    async with bootstrap(settings) as house:
        names = [version.pin.name for version in await house.services.prompts.list()]

    assert names == ["note"]
    told = [line["fault"] for line in logged() if line["event"] == "prompt set file not used"]
    assert any(fault.startswith("broken.yaml:3: /output_format ") for fault in told)


async def test_the_first_start_makes_an_admin_whose_password_is_given_out_once(
    settings: Settings, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    settings = evolve(settings, admin_password=None)
    async with bootstrap(settings) as house:
        password = house.admin_password
        assert password is not None
        pair = await house.services.login.log_in("admin", password, "127.0.0.1")
        principal = await house.services.authenticator.verify(pair.access_token)
    async with bootstrap(settings) as again:
        pass

    assert principal.roles == {Role.ADMIN}
    assert again.admin_password is None
    assert len(password) >= 20
    assert password not in repr(house)
    assert password not in json.dumps(logged())


async def test_a_given_password_is_used_and_not_given_out(settings: Settings) -> None:
    async with bootstrap(settings) as house:
        principal = await find_admin(house)
    async with bootstrap(evolve(settings, admin_password="another password")) as again:
        with pytest.raises(InvalidCredentialsError):
            await again.services.login.log_in("admin", "another password", "127.0.0.1")

    assert house.admin_password is None
    assert principal.name == "admin"


async def test_a_first_start_that_others_can_reach_needs_a_password(settings: Settings) -> None:
    open_to_all = evolve(settings, host="0.0.0.0", admin_password=None)

    with pytest.raises(SettingsError) as caught:
        async with bootstrap(open_to_all):
            pass
    async with bootstrap(settings):
        pass
    async with bootstrap(open_to_all) as house:
        assert house.admin_password is None

    assert caught.value.faults == (
        "HOST is '0.0.0.0', which others can reach, and there is no user yet; set GALLEY_ADMIN_PASSWORD for the first "
        "start.",
    )


async def test_the_signing_key_is_made_once_for_this_user_alone(settings: Settings) -> None:
    async with bootstrap(settings) as house:
        pair = await house.services.login.log_in("admin", PASSWORD, "127.0.0.1")
    async with bootstrap(settings) as again:
        principal = await again.services.authenticator.verify(pair.access_token)

    assert principal.name == "admin"
    assert house.services.secret_key == again.services.secret_key
    assert {stat.S_IMODE(path.stat().st_mode) for path in settings.data.iterdir()} == {0o600}
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


async def test_a_weak_signing_key_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="well-known"):
        async with bootstrap(evolve(settings, secret_key="changeme" * 8)):
            pass


async def test_a_default_model_that_is_not_allowed_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        async with bootstrap(evolve(settings, models=frozenset({"large", "small"}))):
            pass

    assert caught.value.faults == (
        "MODEL is 'sample', which is not among MODELS (large, small); set MODEL to one of them.",
    )


async def test_one_process_serves_a_file_and_others_are_refused(settings: Settings) -> None:
    async with bootstrap(settings):
        with pytest.raises(StoreRefusedError, match="serves this store already"):
            async with bootstrap(settings):
                pass
    async with bootstrap(settings) as house:
        assert await house.services.users.list()


async def test_users_and_prompt_sets_can_be_written_beside_a_serving_process(settings: Settings) -> None:
    async with bootstrap(settings) as house, open_registry(settings) as registry:
        admin = await registry.records.users.find("admin")
        await registry.records.users.save(evolve(admin, is_disabled=True))

        with pytest.raises(InvalidCredentialsError):
            await house.services.login.log_in("admin", PASSWORD, "127.0.0.1")


async def test_what_is_in_the_memory_of_another_process_can_not_be_administered(settings: Settings) -> None:
    with pytest.raises(SettingsError):
        async with open_registry(evolve(settings, store_url="memory:")):
            pass


async def test_a_drained_process_hands_its_runs_over_and_the_next_one_ends_them(settings: Settings) -> None:
    stalling = scripted(Script(pieces=("Tea", Stall())))
    async with bootstrap(settings, provider=stalling) as house:
        run_id = await begin(house)
        await wait_for_text(house, run_id)
        await house.drain(grace_seconds=0.0)
    async with bootstrap(evolve(settings, workers=0), provider=scripted()) as front:
        handed_over, _ = await front.services.runs.get(run_id)
    async with bootstrap(settings, provider=scripted("Tea is hot.")) as again:
        history = await read_to_end(again, run_id)

    assert house.services.drain.is_set()
    assert (stalling.open_streams, handed_over.status) == (0, RunStatus.QUEUED)
    assert history.text_so_far == "Tea is hot."
    assert history.restarts == 1


async def test_a_run_that_ends_within_the_grace_is_let_end(settings: Settings) -> None:
    slow = scripted(Script(pieces=("Tea", Pause(seconds=0.2), " is hot.")))
    async with bootstrap(settings, provider=slow) as house:
        run_id = await begin(house)
        await wait_for_text(house, run_id)
        await house.drain(grace_seconds=10.0)

        assert (await house.services.log.tail(run_id)).status is RunStatus.COMPLETE


async def test_a_process_that_just_ends_hands_its_runs_over_too_with_what_they_have_used(settings: Settings) -> None:
    async with bootstrap(settings, provider=scripted(Script(pieces=("Tea", Stall())))) as house:
        run_id = await begin(house)
        await wait_for_text(house, run_id)
    async with bootstrap(evolve(settings, workers=0)) as front:
        run, _ = await front.services.runs.get(run_id)
        records = await front.services.log.read(run_id)

    assert run.status is RunStatus.QUEUED
    assert records[-1].type == "usage"


async def test_a_pure_front_works_on_nothing_and_counts_as_working(settings: Settings) -> None:
    provider = scripted("Tea is hot.")
    async with bootstrap(evolve(settings, workers=0), provider=provider) as house:
        run_id = await begin(house)
        await settle()
        run, _ = await house.services.runs.get(run_id)

        assert (run.status, house.services.is_working()) == (RunStatus.QUEUED, True)
    assert provider.requests == []


async def test_nothing_is_left_running_or_open(settings: Settings) -> None:
    before = asyncio.all_tasks()

    async with bootstrap(evolve(settings, retention_days=1.0)) as house:
        await read_to_end(house, await begin(house))

    assert asyncio.all_tasks() == before


async def test_a_store_that_was_given_is_left_open(settings: Settings) -> None:
    clock = SystemClock()
    async with SqliteStore.open(settings.data / "own.db", clock=clock) as store:
        async with bootstrap(settings, store=store, clock=clock) as house:
            run_id = await begin(house)
            await read_to_end(house, run_id)
        run, _ = await store.runs.get(run_id)

    assert run.status is RunStatus.COMPLETE


async def test_a_process_whose_worker_is_down_is_not_ready(settings: Settings) -> None:
    async with bootstrap(settings) as house:
        await settle()
        ready = await create_app(house.services).test_client().get("/health/ready")
        down = evolve(house.services, is_working=lambda: False)
        not_ready = await create_app(down).test_client().get("/health/ready")
        await house.drain(grace_seconds=0.0)

        assert not house.services.is_working()
    assert (ready.status_code, not_ready.status_code) == (200, 503)
    assert (await not_ready.get_json())["code"] == "not_working"
