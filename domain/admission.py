"""What may become a run: resolved, validated and rendered once before anything is created."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
from attrs import evolve, field, frozen

from domain.content.checks import make_check
from domain.content.prompt import PromptSet, PromptVersion
from domain.content.prompt_set import parse_prompt_set
from domain.content.rendering import render_generator
from domain.content.schema import apply_defaults, find_value_faults
from domain.errors import Fault, InvalidRequestError
from domain.run.codec import encode_canonical, encode_event
from domain.run.events import RunQueued
from domain.run.limits import Limits, find_limit_faults, resolve_limits
from domain.run.model import NewRun, Record, RunRequest, RunSpec
from domain.run.price import FREE, PriceList
from domain.run.rerun import RerunOf
from domain.run.spending import DailyLimits
from domain.webhook.endpoint import AllowedHosts, find_endpoint_fault

CHECKS_ADDED_AT_MOST = 20
MODELS_AT_MOST = 5


@frozen(kw_only=True)
class AdmissionRules:
    """What the operator allows: caps of a run, the default model, the allow-list (empty: any model), a user's day.

    A model without one of the `prices` is refused, since no cap on money could hold for it. `webhooks` is None where no
    webhook is called.
    """

    caps: Limits = field(factory=Limits)
    default_model: str
    models: frozenset[str] = frozenset()
    prices: PriceList = FREE
    default_fallbacks: tuple[str, ...] = ()
    daily_limits: DailyLimits = field(factory=DailyLimits)
    webhooks: AllowedHosts | None = None


def admit(
    request: RunRequest,
    version: PromptVersion,
    rules: AdmissionRules,
    *,
    owner: str,
    run_id: str,
    now: datetime,
    key: str | None = None,
    trace_id: str | None = None,
    rerun_of: RerunOf | None = None,
) -> NewRun:
    """Return the run that the request becomes, with its event `run` as seq 1; nothing is created yet.

    Raises:
        InvalidRequestError: Inputs, checks, limits or model can't be accepted; `faults` point into the request's body.
    """
    prompt_set = parse_prompt_set(version.content)
    wished = request.model or prompt_set.model or (rules.default_model, *rules.default_fallbacks)
    models = (wished,) if isinstance(wished, str) else tuple(dict.fromkeys(wished))
    faults = (
        *_find_faults(request, prompt_set),
        *_find_models_faults(models, rules),
        *_find_webhook_faults(request.webhook, rules),
    )
    if faults:
        raise InvalidRequestError("The request can't be accepted as it is.", faults)
    spec = RunSpec(
        request=evolve(request, inputs=apply_defaults(prompt_set.inputs, request.inputs)),
        prompt=version.pin,
        model=models[0],
        fallbacks=models[1:],
        output_format=request.output_format or prompt_set.output_format,
        checks=(*prompt_set.checks, *request.checks),
        limits=resolve_limits(rules.caps, prompt_set=prompt_set.limits, request=request.limits),
        trace_id=trace_id or run_id.replace("-", ""),
        rerun_of=rerun_of,
    )
    # Proves that it renders: a run that exists never fails for its template or the size of its values.
    render_generator(prompt_set, spec.request.inputs, output_format=spec.output_format)
    return NewRun(
        id=run_id,
        owner=owner,
        spec=spec,
        content=version.content,
        record=_first_record(spec, run_id, now),
        key=key,
        fingerprint=hash_request(request, rerun_of),
        search=_searchable(spec),
    )


def hash_request(request: RunRequest, rerun_of: RerunOf | None = None) -> str:
    """Return the fingerprint by which a repeated request is known to be the same one.

    Limits are numbers: a whole one that was stored comes back as 5.0 and means the same.
    """
    limits = {name: float(value) for name, value in request.limits.items()}
    asked = attrs.asdict(evolve(request, run_id=None, limits=limits))
    if request.webhook is None:
        # So that requests have the fingerprint that they had before there were webhooks.
        del asked["webhook"]
    if rerun_of is not None:
        asked["rerun_of"] = attrs.asdict(rerun_of)
    return hashlib.sha256(encode_canonical(asked)).hexdigest()


def _first_record(spec: RunSpec, run_id: str, now: datetime) -> Record:
    event = RunQueued(prompt=spec.prompt, model=spec.model, models=spec.models if spec.fallbacks else None)
    time = now.replace(microsecond=now.microsecond // 1000 * 1000)
    data = encode_event(event, run_id=run_id, seq=1, time=time)
    return Record(run_id=run_id, epoch=0, seq=1, time=time, type=event.type, data=data)


def _find_faults(request: RunRequest, prompt_set: PromptSet) -> tuple[Fault, ...]:
    faults = find_value_faults(prompt_set.inputs, apply_defaults(prompt_set.inputs, request.inputs), "/inputs")
    faults += find_limit_faults(request.limits)
    if prompt_set.output_schema is not None and request.output_format not in (None, "json"):
        message = "can't be chosen here: the output of this prompt set follows a JSON Schema; leave it out"
        faults += (Fault(pointer="/output_format", message=message),)
    if len(request.checks) > CHECKS_ADDED_AT_MOST:
        faults += (Fault(pointer="/checks", message=f"has more than {CHECKS_ADDED_AT_MOST} checks; name fewer"),)
    for index, check in enumerate(request.checks[:CHECKS_ADDED_AT_MOST]):
        faults += _find_check_faults(check, f"/checks/{index}")
    return faults


def _find_check_faults(check: Mapping[str, Any], pointer: str) -> tuple[Fault, ...]:
    try:
        make_check(check, pointer=pointer)
    except InvalidRequestError as error:
        return error.faults
    return ()


def _find_models_faults(models: tuple[str, ...], rules: AdmissionRules) -> tuple[Fault, ...]:
    if len(models) == 1:
        return _find_model_faults(models[0], rules, "/model")
    if len(models) > MODELS_AT_MOST:
        return (Fault(pointer="/model", message=f"names more than {MODELS_AT_MOST} models; name fewer"),)
    return tuple(
        fault for index, model in enumerate(models) for fault in _find_model_faults(model, rules, f"/model/{index}")
    )


def _find_model_faults(model: str, rules: AdmissionRules, pointer: str) -> tuple[Fault, ...]:
    if rules.models and model not in rules.models:
        known = ", ".join(sorted(rules.models))
        return (Fault(pointer=pointer, message=f"{model!r} is not allowed here; choose one of {known}"),)
    if rules.prices.find(model) is None:
        message = (
            f"{model!r} has no known price, so no limit on money could hold; check its name, "
            "or have the operator set a price in PRICES"
        )
        return (Fault(pointer=pointer, message=message),)
    return ()


def _find_webhook_faults(url: str | None, rules: AdmissionRules) -> tuple[Fault, ...]:
    if url is None:
        return ()
    message: str | None = "can't be called by this service; leave it out, or have the operator set WEBHOOK_SECRET"
    if rules.webhooks is not None:
        message = find_endpoint_fault(url, rules.webhooks)
    return () if message is None else (Fault(pointer="/webhook", message=message),)


def _searchable(spec: RunSpec) -> str:
    """Return what a run is found by; tags come first, so that no length of the inputs hides them."""
    values = " ".join(_texts(dict(spec.request.inputs)))
    return " ".join((spec.prompt.name, *spec.request.tags, values))[:20_000]


def _texts(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for part in value.values() for text in _texts(part)]
        case list() | tuple():
            return [text for part in value for text in _texts(part)]
        case str():
            return [value]
        case bool() | None:
            return []
        case _:
            return [str(value)]
