"""What the errors of OpenAI-compatible servers mean, whether they come with a status or inside of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import openai

from adapters.providers.upstream.failure import Failed, Kind, kind_of_status, read_retry_after

BY_WORD: Final[Mapping[str, Kind]] = {
    "authentication_error": "key",
    "billing_not_active": "credit",
    "content_filter": "refused",
    "content_policy_violation": "refused",
    "context_length_exceeded": "context",
    "exceed_context_size_error": "context",
    "insufficient_quota": "credit",
    "invalid_api_key": "key",
    "invalid_request_error": "request",
    "model_not_found": "model",
    "overloaded_error": "overloaded",
    "permission_error": "forbidden",
    "rate_limit_error": "limited",
    "rate_limit_exceeded": "limited",
    "server_busy": "overloaded",
    "unavailable_error": "overloaded",
}
"""By `code` or `type`; llama.cpp says unavailable_error while it loads a model."""
TOO_LONG: Final = ("maximum context length", "context size", "context length", "context window")


def read_failure(
    error: openai.APIError, *, model: str, secrets: tuple[str, ...], now: Callable[[], datetime]
) -> Failed:
    """Return what an error says; its words are looked at, never kept."""
    response = error.response if isinstance(error, openai.APIStatusError) else None
    return Failed(
        provider="openai",
        model=model,
        kind=_find_kind(error),
        status=response.status_code if response is not None else 200,
        said=error.code or error.type,
        request_id=response.headers.get("x-request-id") if response is not None else None,
        retry_after=read_retry_after(response.headers, now) if response is not None else None,
        secrets=secrets,
    )


def _find_kind(error: openai.APIError) -> Kind:
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    words = str(error.message or "").lower()
    named = BY_WORD.get(str(error.code)) or BY_WORD.get(str(error.type))
    if status is None:
        return named or "failed"
    if status == 404:
        return "model" if named == "model" or "model" in words else "address"
    if status == 400 and any(clue in words for clue in TOO_LONG):
        return "context"
    is_sharper = named in ("credit", "context", "refused", "model") and 400 <= status < 500
    return named if named is not None and is_sharper else kind_of_status(status)
