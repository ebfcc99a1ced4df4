"""A whole service as the bootstrap makes it, with one small prompt set in a folder of its own."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from adapters.clock import SystemClock
from adapters.providers.scripted import Script, ScriptedProvider
from domain.run.history import History
from domain.run.model import Record, RunRequest
from domain.user import Principal
from entrypoints.house import House
from entrypoints.settings import Settings
from entrypoints.start import start_run

NOTE = """\
name: note
title: Note
inputs: {type: object, properties: {topic: {type: string}}}
output_format: text
prompts: {generator: {user: "Write about {{ topic }}."}}
"""
PASSWORD = "correct horse battery staple"
REQUEST = RunRequest(prompt="note", inputs={"topic": "tea"})


def make_settings(folder: Path) -> Settings:
    (folder / "prompts").mkdir()
    (folder / "prompts" / "note.yaml").write_text(NOTE)
    return Settings(
        data=folder / "data", prompts=folder / "prompts", admin_password=PASSWORD, sample_tokens_per_second=0.0
    )


def scripted(*scripts: Script | str) -> ScriptedProvider:
    return ScriptedProvider(scripts, clock=SystemClock())


async def find_admin(house: House) -> Principal:
    pair = await house.services.login.log_in("admin", PASSWORD, "127.0.0.1")
    return await house.services.authenticator.verify(pair.access_token)


async def begin(house: House) -> str:
    run, _ = await start_run(house.services, await find_admin(house), REQUEST)
    return run.id


async def read_to_end(house: House, run_id: str) -> History:
    records: list[Record] = []
    async with asyncio.timeout(10), aclosing(house.services.log.follow(run_id)) as pages:
        async for page in pages:
            records.extend(page)
    return History.fold(records)


async def wait_for_text(house: House, run_id: str) -> None:
    async with asyncio.timeout(10), aclosing(house.services.log.follow(run_id)) as pages:
        async for page in pages:
            if any(record.type == "delta" for record in page):
                return
