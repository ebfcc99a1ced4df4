"""/prompts/check and /prompts/preview: prompt sets tried out before they are published."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.user import Role
from tests.entrypoints.arrangement import NOTE, House

Headers = dict[str, str]
YAML = """\
name: note
title: Note
inputs:
  type: object
  properties:
    topic: {type: string}
output_format: markdown
prompts:
  generator:
    system: You write notes.
    user: Write about {{ topic }}.
samples:
  - {topic: tea}
"""


@pytest.fixture
async def editor(house: House) -> Headers:
    return await house.log_in("eve", Role.EDITOR)


async def ask(house: House, path: str, headers: Headers, body: Any, status: int = 200) -> dict[str, Any]:
    answer = await house.ask("POST", f"/prompts/{path}", headers, body)
    assert answer.status_code == status, await answer.get_data()
    return dict(await answer.get_json())


async def test_a_sound_draft_has_no_faults_and_says_what_a_form_needs(house: House, editor: Headers) -> None:
    told = await ask(house, "check", editor, {"content": YAML})

    assert told["faults"] == []
    assert (told["prompt"]["name"], told["prompt"]["main_input"], told["prompt"]["samples"]) == (
        "note",
        "topic",
        [{"topic": "tea"}],
    )


async def test_the_faults_of_a_draft_have_lines_and_say_what_may_be_meant(house: House, editor: Headers) -> None:
    draft = YAML.replace("{{ topic }}", "{{ topc | uper }}").replace("title:", "titel:")

    told = await ask(house, "check", editor, {"content": draft})

    assert told["prompt"] is None
    places = [(fault["line"], fault["pointer"]) for fault in told["faults"]]
    assert places == [(1, "/title"), (2, "/titel"), (11, "/prompts/generator/user")]
    assert "did you mean title?" in told["faults"][1]["message"]
    assert "did you mean upper?" in told["faults"][2]["message"]


@pytest.mark.parametrize("content", ["", "[", "\x00", "a: &a b", "\ud800", "[" * 10_000, "x" * 300_000])
async def test_what_is_no_prompt_set_has_faults(house: House, editor: Headers, content: str) -> None:
    body = msgspec.json.encode({"content": content.replace("\ud800", "HALF")}).replace(b"HALF", b"\\ud800")
    answer = await house.ask("POST", "/prompts/check", {**editor, "Content-Type": "application/json"}, data=body)

    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or (await answer.get_json())["faults"] != []


async def test_checking_publishes_nothing(house: House, editor: Headers) -> None:
    await ask(house, "check", editor, {"content": YAML.replace("name: note", "name: lamp")})

    assert (await house.ask("GET", "/prompts/lamp", editor)).status_code == 404


async def test_a_preview_of_a_draft_takes_its_first_sample(house: House, editor: Headers) -> None:
    shown = await ask(house, "preview", editor, {"content": YAML})

    assert shown["system"].startswith("You write notes.")
    assert shown["user"].startswith("Write about <input-")
    assert ">tea</input-" in shown["user"]
    assert shown["inputs"] == {"topic": "tea"}


async def test_a_preview_of_a_version_fills_in_defaults(house: House, editor: Headers) -> None:
    shown = await ask(house, "preview", editor, {"prompt": "note@1", "inputs": {"topic": "{{ tone }}"}})

    assert ">{{ tone }}</input-" in shown["user"]
    assert shown["inputs"] == {"topic": "{{ tone }}", "tone": "plain"}


async def test_a_preview_can_be_of_another_format(house: House, editor: Headers) -> None:
    body = {"prompt": "note", "inputs": {"topic": "tea"}, "output_format": "text"}

    assert "in plain text" in (await ask(house, "preview", editor, body))["system"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/content"),
        ({"content": YAML, "prompt": "note"}, "/content"),
        ({"prompt": "note", "inputs": {}}, "/inputs/topic"),
        ({"prompt": "note", "inputs": {"topic": 7}}, "/inputs/topic"),
        ({"content": YAML, "inputs": {"topic": "a", "b": 1}}, "/inputs/b"),
    ],
)
async def test_a_preview_of_what_can_not_be_rendered_says_why(
    house: House, editor: Headers, body: Any, pointer: str
) -> None:
    problem = await ask(house, "preview", editor, body, 422)

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


async def test_a_preview_of_a_broken_draft_tells_its_faults(house: House, editor: Headers) -> None:
    problem = await ask(house, "preview", editor, {"content": msgspec.json.encode({**NOTE, "x": 1}).decode()}, 422)

    assert problem["code"] == "invalid_prompt_set"
    assert [(fault["pointer"], fault["line"]) for fault in problem["errors"]] == [("/x", 1)]


async def test_a_preview_of_no_version_is_404(house: House, editor: Headers) -> None:
    assert (await ask(house, "preview", editor, {"prompt": "none"}, 404))["code"] == "prompt_not_found"


@pytest.mark.parametrize("route", ["check", "preview"])
async def test_drafts_are_for_editors(house: House, ann: Headers, route: str) -> None:
    await ask(house, route, ann, {"content": YAML}, 403)
