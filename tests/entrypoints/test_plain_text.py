"""Plain text in: a text becomes the prompt set's main input, and without a prompt set the default one is meant."""

from __future__ import annotations

from typing import Any

import pytest

from domain.content.prompt_set import encode_prompt_set
from tests.entrypoints.arrangement import NOTE, House, open_house

NUMBERS = {
    **NOTE,
    "name": "numbers",
    "inputs": {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}},
    "prompts": {"generator": {"user": "Count to {{ count }}."}},
}
CHOSEN = {**NOTE, "name": "chosen", "main_input": "tone"}


async def start(house: House, body: Any, path: str = "/run") -> tuple[int, Any]:
    headers = {**await house.log_in("ann"), "Prefer": "respond-async"}
    answer = await house.ask("POST", path, headers, body)
    return answer.status_code, await answer.get_json()


async def inputs_of(house: House, body: Any) -> tuple[str, dict[str, Any]]:
    status, told = await start(house, body)
    assert status == 202, told
    spec = (await house.store.runs.get(told["run_id"]))[0].spec
    return spec.prompt.name, dict(spec.request.inputs)


async def test_a_text_becomes_the_main_input(house: House) -> None:
    asked = {"prompt": "note", "text": "tea", "inputs": {"tone": "warm"}}

    assert await inputs_of(house, asked) == ("note", {"topic": "tea", "tone": "warm"})


async def test_a_set_says_which_input_is_its_main_one(house: House) -> None:
    await house.store.prompts.publish("chosen", content=encode_prompt_set(CHOSEN), source="", author="tests")

    asked = {"prompt": "chosen", "text": "warm", "inputs": {"topic": "tea"}}

    assert await inputs_of(house, asked) == ("chosen", {"topic": "tea", "tone": "warm"})


async def test_a_call_that_names_no_set_means_the_default_one() -> None:
    async with open_house(default_prompt="note@1") as house:
        assert await inputs_of(house, {"text": "tea"}) == ("note", {"topic": "tea", "tone": "plain"})
        assert await inputs_of(house, {"inputs": {"topic": "tea"}}) == ("note", {"topic": "tea", "tone": "plain"})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"prompt": "note", "text": "tea", "inputs": {"topic": "coffee"}}, "/text"),
        ({"prompt": "numbers", "text": "three"}, "/text"),
        ({"prompt": "note", "text": ""}, "/text"),
        ({"prompt": "note", "text": "x" * 201}, "/inputs/topic"),
        ({"prompt": "gone", "text": "tea"}, "/prompt"),
        ({"text": "tea"}, "/prompt"),
        ({}, "/prompt"),
    ],
)
@pytest.mark.parametrize("path", ["/run", "/run/stream"])
async def test_a_text_that_no_input_takes_is_refused(house: House, path: str, body: Any, pointer: str) -> None:
    await house.store.prompts.publish("numbers", content=encode_prompt_set(NUMBERS), source="", author="tests")

    status, told = await start(house, body, path)

    assert (status, [fault["pointer"] for fault in told["errors"]]) == (422, [pointer])


async def test_the_same_text_under_one_key_is_one_run(house: House, ann: dict[str, str]) -> None:
    headers = {**ann, "Idempotency-Key": "mine", "Prefer": "respond-async"}
    asked = {"prompt": "note", "text": "tea"}

    answers = [await house.ask("POST", "/run", headers, asked) for _ in range(3)]
    other = await house.ask("POST", "/run", headers, {**asked, "text": "coffee"})

    assert len({(await answer.get_json())["run_id"] for answer in answers}) == 1
    assert (other.status_code, (await other.get_json())["code"]) == (422, "idempotency_conflict")
