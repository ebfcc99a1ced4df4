"""/prompts/{name}/versions, /diff and /labels: what was published, what changed, and which version a label means."""

from __future__ import annotations

from typing import Any

import pytest

from domain.user import Role
from tests.entrypoints.arrangement import BODY, NOTE, House

Headers = dict[str, str]


@pytest.fixture
async def editor(house: House) -> Headers:
    return await house.log_in("eve", Role.EDITOR)


async def publish(house: House, editor: Headers, **changes: Any) -> None:
    answer = await house.ask("POST", "/prompts/note/versions", editor, {**NOTE, **changes})
    assert answer.status_code == 201


async def get(house: House, path: str, headers: Headers) -> dict[str, Any]:
    answer = await house.ask("GET", path, headers)
    assert answer.status_code == 200, await answer.get_data()
    return dict(await answer.get_json())


async def test_versions_are_listed_in_pages_the_newest_first(house: House, ann: Headers, editor: Headers) -> None:
    for title in ("b", "c", "d"):
        await publish(house, editor, title=title)

    first = await get(house, "/prompts/note/versions?limit=3", ann)
    last = await get(house, f"/prompts/note/versions?limit=3&before={first['next']}", ann)

    assert [(one["version"], one["title"], one["author"]) for one in first["versions"]] == [
        (4, "d", "eve"),
        (3, "c", "eve"),
        (2, "b", "eve"),
    ]
    assert ([one["version"] for one in last["versions"]], first["next"], last["next"]) == ([1], 2, None)


async def test_a_page_before_the_first_version_is_empty(house: House, ann: Headers) -> None:
    assert await get(house, "/prompts/note/versions?before=1", ann) == {"versions": [], "next": None}


async def test_a_diff_says_what_was_added_removed_and_changed(house: House, editor: Headers) -> None:
    prompts = {"generator": {"user": "Write well about {{ topic }}."}}
    await publish(house, editor, prompts=prompts, checks=[{"check": "words", "max": 9}])

    compared = await get(house, "/prompts/note/diff", editor)

    user = "/prompts/generator/user"
    before = NOTE["prompts"]["generator"]
    assert (compared["name"], compared["from"], compared["to"]) == ("note", 1, 2)
    assert compared["changes"] == [
        {"kind": "changed", "pointer": user, "before": before["user"], "after": prompts["generator"]["user"]},
        {"kind": "removed", "pointer": "/prompts/generator/system", "before": before["system"], "after": None},
        {"kind": "added", "pointer": "/checks", "before": None, "after": [{"check": "words", "max": 9}]},
    ]


@pytest.mark.parametrize(
    ("query", "versions"),
    [("", (2, 3)), ("?from=1", (1, 3)), ("?from=3&to=1", (3, 1)), ("?to=live", (1, 2)), ("?from=live&to=3", (2, 3))],
)
async def test_versions_to_compare_are_numbers_or_labels(
    house: House, editor: Headers, query: str, versions: tuple[int, int]
) -> None:
    await publish(house, editor, title="b")
    await publish(house, editor, title="c")
    await house.store.prompts.label("note", "live", 2)

    compared = await get(house, f"/prompts/note/diff{query}", editor)

    assert (compared["from"], compared["to"]) == versions


async def test_a_first_version_has_no_changes(house: House, editor: Headers) -> None:
    assert (await get(house, "/prompts/note/diff", editor))["changes"] == []


@pytest.mark.parametrize(
    "path", ["note/diff?to=9", "note/diff?from=none", "none/versions", "note@1/versions", "n@1/diff"]
)
async def test_a_version_that_there_is_not_is_404(house: House, editor: Headers, path: str) -> None:
    answer = await house.ask("GET", f"/prompts/{path}", editor)

    assert (answer.status_code, (await answer.get_json())["code"]) == (404, "prompt_not_found")


async def test_a_label_decides_which_version_a_run_gets(house: House, ann: Headers, editor: Headers) -> None:
    await publish(house, editor, title="b")

    answer = await house.ask("PUT", "/prompts/note/labels/production", editor, {"version": 1})
    run = await get(house, f"/runs/{await house.begin(ann, prompt='note@production')}", ann)

    assert ((await answer.get_json())["version"], (await answer.get_json())["labels"]) == (1, ["production"])
    assert run["prompt"]["version"] == 1


async def test_moving_a_label_leaves_runs_as_they_are(house: House, ann: Headers, editor: Headers) -> None:
    await publish(house, editor, title="b")
    await house.ask("PUT", "/prompts/note/labels/production", editor, {"version": 1})
    run_id = await house.begin(ann, prompt="note@production")

    await house.ask("PUT", "/prompts/note/labels/production", editor, {"version": 2})

    assert (await get(house, f"/runs/{run_id}", ann))["prompt"]["version"] == 1
    assert (await get(house, "/prompts/note@production", ann))["version"] == 2


@pytest.mark.parametrize(
    ("address", "body", "expected"),
    [
        ("note/labels/production", {"version": 9}, (404, "prompt_not_found")),
        ("none/labels/production", {"version": 1}, (404, "prompt_not_found")),
        ("note@1/labels/production", {"version": 1}, (404, "prompt_not_found")),
        ("note/labels/Production", {"version": 1}, (422, "invalid_request")),
        ("note/labels/7", {"version": 1}, (422, "invalid_request")),
        ("note/labels/production", {"version": 0}, (422, "invalid_request")),
        ("note/labels/production", {}, (422, "invalid_request")),
    ],
)
async def test_a_label_for_nothing_is_refused(
    house: House, editor: Headers, address: str, body: Any, expected: tuple[int, str]
) -> None:
    answer = await house.ask("PUT", f"/prompts/{address}", editor, body)

    assert (answer.status_code, (await answer.get_json())["code"]) == expected


async def test_publishing_changes_no_version_that_is_there(house: House, ann: Headers, editor: Headers) -> None:
    before = await get(house, "/prompts/note@1", editor)
    run_id = await house.begin(ann)
    pinned = (await get(house, f"/runs/{run_id}", ann))["prompt"]

    await publish(house, editor, title="Another")

    assert await get(house, "/prompts/note@1", editor) == before
    assert (await get(house, f"/runs/{run_id}", ann))["prompt"] == pinned
    assert pinned == {"name": "note", "version": 1, "hash": before["hash"]}
    assert BODY["prompt"] == "note"


async def test_what_shows_templates_or_moves_labels_is_for_editors(house: House, ann: Headers) -> None:
    compared = await house.ask("GET", "/prompts/note/diff", ann)
    labelled = await house.ask("PUT", "/prompts/note/labels/production", ann, {"version": 1})

    assert (compared.status_code, labelled.status_code) == (403, 403)
    assert (await house.ask("GET", "/prompts/note@production", ann)).status_code == 404
