"""GET /openapi.json says what is true: what is sent fits it, and a changed contract shows as a change of its copy."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.run.model import Record
from tests.effort import effort
from tests.entrypoints.arrangement import BODY, GENERATING, NOTE, House, delta
from tests.entrypoints.description import DESCRIPTION_FILE
from tests.examples import EVENTS, make_record

Headers = dict[str, str]
HOW_TO_RENEW = "The API has changed; if that is meant, run `make golden` and review the change of docs/openapi.json."


@pytest.fixture
async def described(house: House) -> dict[str, Any]:
    return dict(await (await house.ask("GET", "/openapi.json", {})).get_json())


def find_faults(described: dict[str, Any], name: str, value: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


async def test_the_committed_copy_is_what_the_code_says(described: dict[str, Any]) -> None:
    assert msgspec.json.decode(DESCRIPTION_FILE.read_bytes()) == described, HOW_TO_RENEW


async def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    names = re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(described).decode())

    assert set(names) <= set(described["components"]["schemas"])
    assert {"Event", "EventStream", "Problem"} <= set(names)


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [told for methods in described["paths"].values() for told in methods.values()]


async def test_every_operation_says_what_it_is_and_what_its_parts_mean(described: dict[str, Any]) -> None:
    for told in operations(described):
        assert told["summary"]
        assert told["description"]
        assert all(one.get("description") for one in told["parameters"] if one["in"] in ("header", "cookie"))
        assert all("$ref" in answer or answer["description"] for answer in told["responses"].values())


async def test_statuses_follow_from_what_a_route_is(described: dict[str, Any]) -> None:
    for told in operations(described):
        statuses = {int(status) for status in told["responses"]}
        expected = {500, 414, 431}
        expected |= set() if told["x-access"] == "public" else {401, 429, 503}
        expected |= {403} if told["x-access"] in ("editor", "admin") else set()
        expected |= {400, 408, 413, 415, 422} if "requestBody" in told else set()
        expected |= {422} if any(one["in"] == "query" for one in told["parameters"]) else set()
        expected |= {404} if any(one["in"] == "path" for one in told["parameters"]) else set()
        assert expected <= statuses, told["operationId"]


async def test_every_problem_that_says_when_to_come_back_has_the_header(described: dict[str, Any]) -> None:
    answers = described["components"]["responses"]

    assert answers["TooManyRequests"]["headers"]["Retry-After"]["required"]
    assert answers["ServiceUnavailable"]["headers"]["Retry-After"]["required"]
    assert answers["Unauthorized"]["headers"]["WWW-Authenticate"]["required"]


async def test_from_every_answer_that_names_a_run_one_can_go_on_with_it(described: dict[str, Any]) -> None:
    names = {told["operationId"] for told in operations(described)}
    about_a_run = {
        told["operationId"]
        for path, methods in described["paths"].items()
        for told in methods.values()
        if re.findall(r"{(.*?)}", path) == ["run_id"]
    }
    for told in operations(described):
        for answer in told["responses"].values():
            links = {link["operationId"] for link in answer.get("links", {}).values()}
            assert links <= names
            if "X-Run-Id" in answer.get("headers", {}):
                assert about_a_run <= links

    assert {"show_run", "follow_one", "cancel", "rerun", "remove_run", "make_ticket"} <= about_a_run


async def test_examples_fit_what_they_are_examples_of(described: dict[str, Any]) -> None:
    for told in operations(described):
        for media in told.get("requestBody", {}).get("content", {}).values():
            for example in media.get("examples", {}).values():
                schema = media["schema"] | {"components": described["components"]}
                assert jsonschema_rs.Draft202012Validator(schema).is_valid(example["value"]), told["operationId"]


async def test_every_event_has_a_schema_that_its_json_fits(described: dict[str, Any]) -> None:
    for event in EVENTS:
        data = msgspec.json.decode(make_record(event, seq=1).data)
        assert find_faults(described, type(event).__name__, data) == []
        assert find_faults(described, "Event", data) == []


@pytest.mark.parametrize("change", [{"seq": 0}, {"seq": None}, {"type": "draft"}, {"progress": "half"}, {"run_id": 7}])
async def test_what_is_no_event_does_not_fit(described: dict[str, Any], change: dict[str, Any]) -> None:
    record: Record = make_record(GENERATING, seq=1)

    assert find_faults(described, "Progressed", msgspec.json.decode(record.data) | change) != []


async def test_answers_fit_their_schemas(house: House, ann: Headers, described: dict[str, Any]) -> None:
    live, over = await house.begin(ann), await house.begin(ann)
    await house.write(await house.claim(live), GENERATING, delta("a"))
    await house.complete(over, GENERATING)
    problem = await house.ask("POST", "/run", ann, {**BODY, "inputs": {}})
    answers = {
        "RunRecord": [f"/runs/{live}", f"/runs/{over}"],
        "RunList": ["/runs"],
        "PromptList": ["/prompts"],
        "PromptDescription": ["/prompts/note"],
        "VersionList": ["/prompts/note/versions"],
        "ModelList": ["/models"],
        "Health": ["/health/live"],
        "Me": ["/auth/me"],
    }

    for name, paths in answers.items():
        for path in paths:
            answer = await house.ask("GET", path, ann)
            assert find_faults(described, name, await answer.get_json()) == []
    assert find_faults(described, "Problem", await problem.get_json()) == []


async def test_the_result_of_a_run_fits_its_schema(house: House, ann: Headers, described: dict[str, Any]) -> None:
    headers = {**ann, "Idempotency-Key": "k"}
    accepted = await (await house.ask("POST", "/run", {**headers, "Prefer": "respond-async"}, BODY)).get_json()
    await house.complete(accepted["run_id"])

    result = await (await house.ask("POST", "/run", headers, BODY)).get_json()

    assert find_faults(described, "RunAccepted", accepted) == []
    assert find_faults(described, "RunComplete", result) == []


RUNS = ("list_runs", "show_run", "cancel", "rerun", "remove_run", "resume_message")
FUZZED = (*RUNS, "list_prompts", "show_prompt", "publish_version")
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=effort(20, 60), deadline=None, suppress_health_check=SLOW)
@given(choices=st.data())
@pytest.mark.parametrize("name", FUZZED)
async def test_whatever_is_asked_the_answer_is_one_that_is_described(
    house: House, admin: Headers, described: dict[str, Any], name: str, choices: st.DataObject
) -> None:
    (found,) = [
        one.ok() for one in schemathesis.openapi.from_dict(described).get_all_operations() if _name(one.ok()) == name
    ]
    case = choices.draw(found.as_strategy())
    path = case.formatted_path
    body = NOTE if name == "publish_version" and choices.draw(st.booleans()) else case.body
    sent = {key: str(value) for key, value in (case.headers or {}).items() if str(value).isascii()}

    answer = await house.ask(
        found.method.upper(),
        path,
        {**sent, **admin},
        body if isinstance(body, dict | list | str | int | float | None) else None,
        query_string=dict(case.query or {}),
    )

    assert str(answer.status_code) in found.definition.raw["responses"], await answer.get_data()
    assert answer.status_code < 500


def _name(found: Any) -> str:
    return str(found.definition.raw["operationId"])
