"""Every way in which a provider fails is one of our errors, with words for a user."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from domain.errors import (
    ProviderCutError,
    ProviderError,
    ProviderOverloadedError,
    ProviderRefusedError,
    ProviderStalledError,
    ProviderUnavailableError,
)
from tests.adapters.providers.sides import ANTHROPIC, KEY, OPENAI, Side, completion_of, read, text_of
from tests.wire.answer import TEXT, Answer

SHARED: dict[str, tuple[Answer, type[ProviderError], str]] = {
    "429": (
        Answer(status=429, kind="rate_limit_error"),
        ProviderOverloadedError,
        "The model's provider takes no more requests just now.",
    ),
    "529": (Answer(status=529), ProviderOverloadedError, "The model is overloaded."),
    "503": (Answer(status=503), ProviderOverloadedError, "The model is overloaded."),
    "500": (
        Answer(status=500, kind="api_error"),
        ProviderUnavailableError,
        "The model's provider failed on its side.",
    ),
    "502 as a page": (
        Answer(status=502, html=True),
        ProviderUnavailableError,
        "The model's provider failed on its side.",
    ),
    "504": (Answer(status=504), ProviderUnavailableError, "The model's provider failed on its side."),
    "408": (Answer(status=408), ProviderUnavailableError, "The model's provider failed on its side."),
    "401": (
        Answer(status=401, kind="authentication_error", message=f"Bad key {KEY}"),
        ProviderRefusedError,
        "The model's provider does not accept the API key; whoever runs this service has to set a valid one.",
    ),
    "403": (
        Answer(status=403, kind="permission_error"),
        ProviderRefusedError,
        "The API key may not use the model 'claude-sonnet-5-5'; choose another model, or whoever runs this service "
        "has to get it allowed.",
    ),
    "404 as a page": (
        Answer(status=404, html=True),
        ProviderRefusedError,
        "Nothing writes at the provider's address; whoever runs this service has to check its base URL.",
    ),
    "a redirect": (
        Answer(status=307, headers={"location": "http://127.0.0.1:9/elsewhere"}),
        ProviderRefusedError,
        "Nothing writes at the provider's address; whoever runs this service has to check its base URL.",
    ),
    "413": (
        Answer(status=413, kind="request_too_large"),
        ProviderRefusedError,
        "The request is larger than the model's provider takes; shorten the inputs.",
    ),
    "400": (
        Answer(status=400, kind="invalid_request_error", message="messages: odd"),
        ProviderRefusedError,
        "The model's provider does not accept this request for the model 'claude-sonnet-5-5'; its log entry says more.",
    ),
    "closed before the headers": (
        Answer(status=0),
        ProviderUnavailableError,
        "The model's provider can't be reached.",
    ),
    "reset before the headers": (
        Answer(status=0, cut="rst"),
        ProviderUnavailableError,
        "The model's provider can't be reached.",
    ),
    "an error event at once": (Answer(then="error"), ProviderOverloadedError, "The model is overloaded."),
    "an error event in the text": (Answer(then="error", at=5), ProviderOverloadedError, "The model is overloaded."),
    "closed in the text": (Answer(then="fin", at=5), ProviderCutError, "The model's answer ended before it was whole."),
    "reset in the text": (Answer(then="rst", at=5), ProviderCutError, "The model's answer ended before it was whole."),
    "ended in the text": (Answer(then="end", at=5), ProviderCutError, "The model's answer ended before it was whole."),
    "no event at all": (Answer(then="end"), ProviderCutError, "The model's answer ended before it was whole."),
    "no reason to stop": (Answer(stop=""), ProviderCutError, "The model's answer ended before it was whole."),
    "an unknown reason to stop": (
        Answer(stop="whim"),
        ProviderCutError,
        "The model stopped before its answer was whole.",
    ),
    "an event that is no JSON": (
        Answer(then="bad_json", at=5),
        ProviderUnavailableError,
        "The model's provider sent something that can't be read.",
    ),
    "an event of another form": (
        Answer(then="odd_json", at=5),
        ProviderUnavailableError,
        "The model's provider sent something that can't be read.",
    ),
    "a refusal": (
        Answer(stop="refusal"),
        ProviderRefusedError,
        "The model refused to write this text; change the inputs or the prompts.",
    ),
    "a page in the place of a stream": (
        Answer(headers={"content-type": "text/html"}, raw="<html></html>"),
        ProviderRefusedError,
        "Nothing writes at the provider's address; whoever runs this service has to check its base URL.",
    ),
    "a compressed answer": (
        Answer(headers={"content-encoding": "gzip"}),
        ProviderUnavailableError,
        "The model's provider sent something that can't be read.",
    ),
}


async def fail(side: Side, answer: Answer, **options: float) -> ProviderError:
    async with side.meet(answer, **options) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await read(provider)
    return caught.value


@pytest.mark.parametrize("name", sorted(SHARED))
async def test_a_failure_is_one_of_ours(side: Side, name: str) -> None:
    answer, kind, message = SHARED[name]
    error = await fail(side, answer)

    assert (type(error), error.message) == (kind, message)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(status=404, kind="not_found_error", message="model: x"), ProviderRefusedError, "has no model"),
        (Answer(stop="context"), ProviderRefusedError, "longer than the model can hold"),
        (
            Answer(status=400, kind="invalid_request_error", message="prompt is too long: 9 tokens > 8 maximum"),
            ProviderRefusedError,
            "can hold",
        ),
        (
            Answer(status=400, kind="invalid_request_error", message="Your credit balance is too low"),
            ProviderRefusedError,
            "no credit left",
        ),
        (Answer(then="error", at=5, kind="api_error"), ProviderUnavailableError, "failed on its side"),
        (Answer(then="error", at=5, kind="rate_limit_error"), ProviderOverloadedError, "no more requests"),
        (Answer(then="error", at=5, kind="invalid_request_error"), ProviderRefusedError, "does not accept"),
        (Answer(then="error", at=5, kind="new_error"), ProviderUnavailableError, "failed on its side"),
        (Answer(stop="pause_turn"), ProviderCutError, "stopped before"),
        (Answer(stop="tool_use"), ProviderCutError, "stopped before"),
    ],
)
async def test_a_failure_of_anthropics_own(answer: Answer, kind: type[ProviderError], words: str) -> None:
    error = await fail(ANTHROPIC, answer)

    assert type(error) is kind
    assert words in error.message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(status=404, kind="model_not_found", message="no x"), ProviderRefusedError, "has no model"),
        (Answer(status=404, kind="not_found", message="model 'x' not found, try pulling it first"), None, "no model"),
        (Answer(status=429, kind="insufficient_quota"), ProviderRefusedError, "no credit left"),
        (Answer(status=400, kind="context_length_exceeded"), ProviderRefusedError, "can hold"),
        (Answer(status=400, message="This model's maximum context length is 8"), ProviderRefusedError, "can hold"),
        (Answer(status=503, kind="unavailable_error", message="Loading model"), ProviderOverloadedError, "overloaded"),
        (Answer(then="error", at=5, kind="server_error"), ProviderUnavailableError, "failed on its side"),
        (Answer(then="error", at=5, kind="rate_limit_exceeded"), ProviderOverloadedError, "no more requests"),
        (Answer(status=400, kind="content_policy_violation"), ProviderRefusedError, "refused to write"),
        (Answer(stop="tool_calls"), ProviderCutError, "stopped before"),
    ],
)
async def test_a_failure_of_openais_own(answer: Answer, kind: type[ProviderError] | None, words: str) -> None:
    error = await fail(OPENAI, answer)

    assert type(error) is (kind or ProviderRefusedError)
    assert words in error.message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, None), ("3", 3.0), ("0", 0.0), ("2.5", 2.5), ("soon", None), ("-4", None), ("1e999", None), ("", None)],
)
@pytest.mark.parametrize("status", [429, 529])
async def test_what_is_asked_for_is_waited(side: Side, status: int, given: str | None, seconds: float | None) -> None:
    error = await fail(side, Answer(status=status, retry_after=given))

    assert isinstance(error, ProviderOverloadedError)
    assert error.retry_after == seconds


async def test_a_date_to_wait_for_is_seconds_from_now(side: Side) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=30), usegmt=True)
    errors = [await fail(side, Answer(status=429, retry_after=given)) for given in (soon, past)]

    waits = [error.retry_after for error in errors if isinstance(error, ProviderOverloadedError)]
    assert waits == [pytest.approx(29, abs=2), 0.0]


async def test_a_closed_port_is_unavailable(side: Side) -> None:
    async with side.meet() as (_, server):
        url = server.url
    async with side.open(url) as provider:
        with pytest.raises(ProviderUnavailableError, match=r"^The model's provider can't be reached\.$"):
            await read(provider)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(delay=-1), id="no headers"),
        pytest.param(Answer(then="stall"), id="headers only"),
        pytest.param(Answer(then="stall", at=5), id="silence in the text"),
        pytest.param(Answer(then="pings"), id="pings only"),
        pytest.param(Answer(then="pings", at=5), id="pings in the text"),
        pytest.param(Answer(pieces=[""], repeat=1000, pace=0.02), id="empty texts only"),
    ],
)
async def test_silence_has_an_end(side: Side, answer: Answer) -> None:
    async with side.meet(answer, idle_seconds=0.3) as (provider, server):
        begun = time.monotonic()
        with pytest.raises(ProviderStalledError, match=r"^The model was silent for 0\.3 seconds\.$"):
            await read(provider)
        waited = time.monotonic() - begun
        await server.until(lambda server: server.is_quiet)

    assert waited < 1.3
    assert server.received[0].ended == "left"


async def test_thinking_is_no_silence(side: Side) -> None:
    slow = Answer(thinking=["hm "] * 20, pace=0.03)
    async with side.meet(slow, idle_seconds=0.4) as (provider, _):
        items = await read(provider)

    assert text_of(items) == TEXT


async def test_what_was_cut_at_its_limit_is_told_so(side: Side) -> None:
    async with side.meet(Answer(stop="max_tokens")) as (provider, _):
        items = await read(provider)

    assert completion_of(items).stop_reason == "max_tokens"


async def test_nothing_of_the_providers_words_reaches_an_error(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    told = f"key {KEY} at https://example.test/v1 said prompt 'Write about the tide.'"
    for answer in (
        Answer(status=400, message=told, kind=KEY, headers={"request-id": KEY, "x-request-id": KEY}),
        Answer(then="error", at=3, message=told, kind=KEY),
    ):
        error = await fail(side, answer)
        shown = "\n".join([str(error), repr(error), caplog.text, *(str(vars(record)) for record in caplog.records)])
        assert KEY not in shown
        assert "example.test" not in shown
        assert "tide" not in shown
        assert error.__cause__ is None
