"""/prompts and /models."""

from __future__ import annotations

import attrs
import msgspec
import pytest
import yaml

from domain.admission import AdmissionRules
from domain.completion import Model
from domain.content.prompt_set import encode_prompt_set, hash_content
from domain.user import Role
from tests.entrypoints.arrangement import NOTE, House, open_house

Headers = dict[str, str]
LAMP = {**NOTE, "name": "lamp", "title": "Lamp"}


@pytest.fixture
async def editor(house: House) -> Headers:
    return await house.log_in("eve", Role.EDITOR)


async def test_the_newest_version_of_every_set_is_listed_by_name(house: House, ann: Headers, editor: Headers) -> None:
    await house.ask("POST", "/prompts/lamp/versions", editor, LAMP)
    await house.ask("POST", "/prompts/note/versions", editor, {**NOTE, "title": "Note, again"})

    listed = (await (await house.ask("GET", "/prompts", ann)).get_json())["prompts"]

    assert [(one["name"], one["version"], one["title"]) for one in listed] == [
        ("lamp", 1, "Lamp"),
        ("note", 2, "Note, again"),
    ]
    assert listed[0] == {
        "name": "lamp",
        "version": 1,
        "hash": hash_content(encode_prompt_set(LAMP)),
        "title": "Lamp",
        "description": "A few words.",
        "labels": [],
        "published_at": "2026-01-01T00:00:00.000Z",
    }


async def test_a_set_has_what_a_form_needs(house: House, ann: Headers) -> None:
    shown = await (await house.ask("GET", "/prompts/note", ann)).get_json()

    assert shown["inputs"]["properties"] == NOTE["inputs"]["properties"]
    assert shown["inputs"]["required"] == ["topic"]
    assert (shown["main_input"], shown["output_format"], shown["author"]) == ("topic", "markdown", "tests")


@pytest.mark.parametrize(("reference", "version"), [("note", 2), ("note@1", 1), ("note@2", 2), ("note@live", 1)])
async def test_a_reference_names_a_version(
    house: House, ann: Headers, editor: Headers, reference: str, version: int
) -> None:
    await house.ask("POST", "/prompts/note/versions", editor, {**NOTE, "title": "Note, again"})
    await house.store.prompts.label("note", "live", 1)

    shown = await (await house.ask("GET", f"/prompts/{reference}", ann)).get_json()

    assert shown["version"] == version


async def test_templates_are_shown_to_those_who_may_change_them(house: House, ann: Headers, editor: Headers) -> None:
    await house.ask("POST", "/prompts/lamp/versions", editor, LAMP)

    sources = [
        (await (await house.ask("GET", "/prompts/lamp", headers)).get_json())["source"] for headers in (ann, editor)
    ]

    assert sources == [None, msgspec.json.encode(LAMP).decode()]


@pytest.mark.parametrize("media_type", ["application/json", "application/yaml", "text/yaml; charset=utf-8"])
async def test_a_document_becomes_the_next_version(house: House, editor: Headers, media_type: str) -> None:
    source = msgspec.json.encode(LAMP).decode() if "json" in media_type else yaml.safe_dump(LAMP, sort_keys=False)

    answer = await house.ask(
        "POST", "/prompts/lamp/versions", {**editor, "Content-Type": media_type}, data=source.encode()
    )

    published = await answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, "/prompts/lamp@1")
    assert (published["version"], published["author"], published["source"]) == (1, "eve", source)


async def test_the_same_document_again_is_no_version(house: House, editor: Headers) -> None:
    await house.ask("POST", "/prompts/lamp/versions", editor, LAMP)

    answer = await house.ask("POST", "/prompts/lamp/versions", editor, LAMP)

    assert (answer.status_code, (await answer.get_json())["version"]) == (200, 1)
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("source", "pointers"),
    [
        (b"", [""]),
        (b"[]", [""]),
        (b"name: lamp\n  title: [", [""]),
        (b"\xff", [""]),
        (b"a: &a [x]\nb: *a", None),
        (msgspec.json.encode({**LAMP, "name": "note"}), ["/name"]),
        (msgspec.json.encode({**LAMP, "color": "red"}), ["/color"]),
        (msgspec.json.encode({**LAMP, "checks": [{"check": "none"}]}), ["/checks/0/check"]),
        (b"[" * 100_000, None),
    ],
)
async def test_a_documents_faults_are_told_and_nothing_is_published(
    house: House, editor: Headers, source: bytes, pointers: list[str] | None
) -> None:
    answer = await house.ask(
        "POST", "/prompts/lamp/versions", {**editor, "Content-Type": "application/yaml"}, data=source
    )

    problem = await answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_prompt_set")
    assert pointers is None or [fault["pointer"] for fault in problem["errors"]] == pointers
    assert (await house.ask("GET", "/prompts/lamp", editor)).status_code == 404


@pytest.mark.parametrize("name", ["nothing", "note@9", "note@", "note@no", "@1", "%00", "a" * 2000])
async def test_an_unknown_set_is_404(house: House, ann: Headers, name: str) -> None:
    answer = await house.ask("GET", f"/prompts/{name}", ann)

    assert (answer.status_code, (await answer.get_json())["code"]) == (404, "prompt_not_found")


class ThreeModels:
    """A provider of three models."""

    def __init__(self, provider: object) -> None:
        self.stream = provider.stream  # type: ignore[attr-defined]
        self.count_input = provider.count_input  # type: ignore[attr-defined]

    async def list_models(self) -> tuple[Model, ...]:
        return tuple(Model(id=name, title=name.upper()) for name in ("a", "b", "c"))


FREE_ON_THE_WIRE = {
    "rates": {"input": 0.0, "output": 0.0, "cache_read": 0.0, "cache_write": 0.0},
    "origin": {"source": "free", "date": None},
    "long_from": None,
    "long": None,
}


async def test_the_models_are_those_that_are_allowed_the_default_one_first() -> None:
    async with open_house(rules=AdmissionRules(default_model="c", models=frozenset({"a", "c"}))) as house:
        provider = ThreeModels(house.services.provider)
        house.app.extensions["galley"] = attrs.evolve(house.services, provider=provider)
        answer = await house.ask("GET", "/models", await house.log_in("ann"))

    assert await answer.get_json() == {
        "models": [
            {"id": "c", "title": "C", "is_default": True, "price": FREE_ON_THE_WIRE},
            {"id": "a", "title": "A", "is_default": False, "price": FREE_ON_THE_WIRE},
        ]
    }
