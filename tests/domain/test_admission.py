"""What may become a run, and what it is when it does."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from attrs import asdict, evolve

from domain.admission import AdmissionRules, admit, hash_request
from domain.content.prompt import PromptVersion
from domain.content.prompt_set import encode_prompt_set
from domain.errors import InvalidRequestError, TemplateError
from domain.run.codec import decode_event, decode_spec, encode_canonical, encode_spec
from domain.run.events import RunQueued
from domain.run.limits import Limits
from domain.run.model import NewRun, RunRequest, RunSpec
from domain.run.price import PriceList
from domain.run.rerun import RerunOf
from domain.webhook.endpoint import AllowedHosts
from tests.domain.pipeline.kit import NOTE
from tests.examples import NOW, PIN, RUN_ID

RULES = AdmissionRules(caps=Limits(attempts=5), default_model="sample")


def make_version(**changes: Any) -> PromptVersion:
    content = encode_prompt_set({**NOTE, **changes})
    return PromptVersion(pin=PIN, content=content, source="", published_at=NOW, author="ann")


def admit_note(
    rules: AdmissionRules = RULES,
    version: PromptVersion | None = None,
    *,
    key: str | None = None,
    trace_id: str | None = None,
    **request: Any,
) -> NewRun:
    asked = RunRequest(**({"prompt": "note", "inputs": {"topic": "tea"}} | request))
    return admit(
        asked,
        version or make_version(),
        rules,
        owner="ann",
        run_id=RUN_ID,
        now=NOW.replace(microsecond=1999),
        key=key,
        trace_id=trace_id,
    )


def faults_of(**request: Any) -> Mapping[str, str]:
    with pytest.raises(InvalidRequestError) as refused:
        admit_note(**request)
    return {fault.pointer: fault.message for fault in refused.value.faults}


def test_a_request_becomes_a_run_with_everything_resolved() -> None:
    run = admit_note()

    assert run.spec == RunSpec(
        request=RunRequest(prompt="note", inputs={"topic": "tea"}),
        prompt=PIN,
        model="sample",
        output_format="markdown",
        checks=(),
        limits=Limits(),
        trace_id=RUN_ID.replace("-", ""),
    )
    assert (run.id, run.owner, run.key, run.content) == (RUN_ID, "ann", None, make_version().content)


def test_its_first_record_tells_the_client_the_id() -> None:
    record = admit_note().record

    assert (record.seq, record.epoch, record.time) == (1, 0, NOW.replace(microsecond=1000))
    assert decode_event(record) == RunQueued(prompt=PIN, model="sample")


def test_the_request_wins_over_the_prompt_set() -> None:
    version = make_version(model="set-model", limits={"attempts": 2}, checks=[{"check": "words", "min": 1}])
    run = admit_note(
        version=version,
        model="my-model",
        output_format="text",
        limits={"attempts": 4},
        checks=({"check": "words", "max": 9},),
    )

    assert (run.spec.model, run.spec.output_format, run.spec.limits.attempts) == ("my-model", "text", 4)
    assert [check.get("max") for check in run.spec.checks] == [None, 9]


def test_the_prompt_set_wins_over_the_default_model() -> None:
    assert admit_note(version=make_version(model="set-model")).spec.model == "set-model"


def test_of_several_models_the_first_writes_and_the_others_are_its_fallbacks() -> None:
    run = admit_note(model=("a", "b", "a"))

    assert (run.spec.model, run.spec.fallbacks, run.spec.models) == ("a", ("b",), ("a", "b"))
    assert decode_event(run.record) == RunQueued(prompt=PIN, model="a", models=("a", "b"))


def test_a_prompt_set_and_the_operator_may_name_several_models_too() -> None:
    rules = evolve(RULES, default_fallbacks=("b",))

    assert admit_note(version=make_version(model=["x", "y"])).spec.models == ("x", "y")
    assert admit_note(rules).spec.models == ("sample", "b")
    assert admit_note(rules, model="a").spec.models == ("a",)


def test_each_model_must_be_allowed_and_there_are_not_many() -> None:
    rules = evolve(RULES, models=frozenset({"a", "b"}))

    assert faults_of(rules=rules, model=("a", "c")) == {"/model/1": "'c' is not allowed here; choose one of a, b"}
    assert faults_of(rules=rules, model=("c",)) == {"/model": "'c' is not allowed here; choose one of a, b"}
    assert faults_of(model=tuple("abcdef")) == {"/model": "names more than 5 models; name fewer"}


def test_defaults_of_inputs_are_filled_in() -> None:
    inputs = {"type": "object", "properties": {"topic": {"type": "string", "default": "milk"}}}

    assert admit_note(version=make_version(inputs=inputs), inputs={}).spec.request.inputs == {"topic": "milk"}


def test_a_trace_id_of_the_caller_is_kept() -> None:
    assert admit_note(trace_id="a" * 32).spec.trace_id == "a" * 32


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"inputs": {}}, "/inputs/topic"),
        ({"inputs": {"topic": 3}}, "/inputs/topic"),
        ({"limits": {"patience": 3}}, "/limits/patience"),
        ({"checks": ({"check": "wrods"},)}, "/checks/0/check"),
        ({"checks": ({"check": "words", "min": 1},) * 21}, "/checks"),
        ({"limits": {"attempts": 99}}, "/limits/attempts"),
    ],
)
def test_what_is_wrong_is_pointed_at(request_: Mapping[str, Any], pointer: str) -> None:
    assert pointer in faults_of(**request_)


def test_the_format_of_an_output_with_a_schema_is_not_for_the_request_to_choose() -> None:
    version = make_version(output_format="json", output_schema={"type": "object"})

    assert set(faults_of(version=version, output_format="markdown")) == {"/output_format"}
    assert admit_note(version=version, output_format="json").spec.output_format == "json"


def test_all_faults_are_told_at_once() -> None:
    assert set(faults_of(inputs={}, limits={"patience": 3})) == {"/inputs/topic", "/limits/patience"}


def test_a_model_outside_of_the_allow_list_is_refused_and_told_which_are_in_it() -> None:
    rules = AdmissionRules(default_model="a", models=frozenset({"a", "b"}))

    assert faults_of(rules=rules, model="c") == {"/model": "'c' is not allowed here; choose one of a, b"}
    assert admit_note(rules, model="b").spec.model == "b"


def test_a_model_of_no_known_price_is_refused_since_no_cap_could_hold() -> None:
    (fault,) = faults_of(rules=evolve(RULES, prices=PriceList()), model="c").items()

    assert fault == (
        "/model",
        "'c' has no known price, so no limit on money could hold; check its name, "
        "or have the operator set a price in PRICES",
    )


def test_a_prompt_that_would_not_render_is_refused_before_anything_exists() -> None:
    with pytest.raises(TemplateError):
        admit_note(inputs={"topic": "x" * 300_000})


def test_equal_requests_have_one_fingerprint_whatever_their_id() -> None:
    request = RunRequest(prompt="note", inputs={"a": 1, "b": [2]})

    assert hash_request(request) == hash_request(RunRequest(prompt="note", inputs={"b": [2], "a": 1}, run_id=RUN_ID))
    assert hash_request(request) != hash_request(RunRequest(prompt="note", inputs={"a": 1, "b": [3]}))


def test_a_request_keeps_its_fingerprint_when_it_was_stored() -> None:
    run = admit_note(limits={"attempts": 2, "cost_usd": 1}, checks=({"check": "words", "min": 1},), tags=("tea",))

    stored = decode_spec(encode_spec(run.spec)).request

    assert hash_request(stored) == hash_request(run.spec.request)


def test_a_rerun_has_another_fingerprint_for_each_run_stage_and_draft() -> None:
    asked = RunRequest(prompt="note", inputs={"topic": "tea"})
    origins = (
        None,
        RerunOf(run_id=RUN_ID),
        RerunOf(run_id=RUN_ID, stage="formatter"),
        RerunOf(run_id=RUN_ID, stage="formatter", draft="Tea."),
    )

    assert len({hash_request(asked, origin) for origin in origins}) == len(origins)


def test_a_run_is_found_by_its_prompt_inputs_and_tags() -> None:
    inputs = {"type": "object", "properties": {"topic": {"type": "string"}, "facts": {}}}
    run = admit_note(
        version=make_version(inputs=inputs),
        inputs={"topic": "tea", "facts": [{"year": 1660}, True, None]},
        tags=("spring",),
    )

    assert run.search == "note spring tea 1660"


def test_inputs_of_any_length_do_not_hide_the_tags() -> None:
    inputs = {"type": "object", "properties": {"topic": {"type": "string"}}}
    run = admit_note(version=make_version(inputs=inputs), inputs={"topic": "tea " * 10_000}, tags=("spring",))

    assert "spring" in run.search
    assert len(run.search) == 20_000


WEBHOOK = "https://hooks.example.com/galley"


def test_a_webhook_goes_with_the_request() -> None:
    run = admit_note(evolve(RULES, webhooks=AllowedHosts()), webhook=WEBHOOK)

    assert run.spec.request.webhook == WEBHOOK
    assert WEBHOOK not in run.search
    assert WEBHOOK.encode() not in run.record.data


def test_a_webhook_is_refused_where_none_is_called() -> None:
    refused = "can't be called by this service; leave it out, or have the operator set WEBHOOK_SECRET"

    assert faults_of(webhook=WEBHOOK) == {"/webhook": refused}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://user@hooks.example.com/", "is not an address that a webhook can have"),
        ("http://hooks.example.com/", "must be https on port 443"),
        ("https://10.1.2.3/", "is not a public address"),
    ],
)
def test_a_webhook_that_nobody_may_call_is_refused(url: str, fault: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        admit_note(evolve(RULES, webhooks=AllowedHosts()), webhook=url)

    (found,) = refused.value.faults
    assert (found.pointer, found.message.startswith(fault)) == ("/webhook", True)


def test_a_request_without_a_webhook_has_the_fingerprint_that_it_had_before_there_were_any() -> None:
    request = RunRequest(prompt="note", inputs={"topic": "tea"})
    before = {name: value for name, value in asdict(request).items() if name not in ("run_id", "webhook")}

    assert hash_request(request) == sha256(encode_canonical({"run_id": None, **before})).hexdigest()
    assert hash_request(request) != hash_request(evolve(request, webhook=WEBHOOK))
