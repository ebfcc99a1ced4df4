"""What Anthropic's errors mean, whether they come with a status or inside of a stream of status 200."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import anthropic

from adapters.providers.upstream.failure import Failed, Kind, kind_of_status, read_retry_after

BY_TYPE: Final[Mapping[str, Kind]] = {
    "api_error": "failed",
    "authentication_error": "key",
    "billing_error": "credit",
    "invalid_request_error": "request",
    "not_found_error": "model",
    "overloaded_error": "overloaded",
    "permission_error": "forbidden",
    "rate_limit_error": "limited",
    "request_too_large": "size",
    "timeout_error": "failed",
}


def read_failure(
    error: anthropic.APIStatusError, *, model: str, secrets: tuple[str, ...], now: Callable[[], datetime]
) -> Failed:
    """Return what an error says; its words are looked at, never kept."""
    return Failed(
        provider="anthropic",
        model=model,
        kind=_find_kind(error),
        status=error.status_code,
        said=error.error_code or error.type,
        request_id=error.request_id,
        retry_after=read_retry_after(error.response.headers, now),
        secrets=secrets,
    )


def is_about_schema(error: anthropic.APIStatusError) -> bool:
    """Whether the API does not take the schema of the output, or such schemas at all."""
    words = str(error.api_message or "").lower()
    return error.status_code == 400 and any(word in words for word in ("schema", "output_config", "output_format"))


def _find_kind(error: anthropic.APIStatusError) -> Kind:
    words = str(error.api_message or "").lower()
    if error.error_code == "contract_spend_limit_reached" or "credit balance is too low" in words:
        return "credit"
    if error.status_code == 400 and "prompt is too long" in words:
        return "context"
    if error.status_code == 404 and error.type != "not_found_error":
        return "address"
    if error.status_code != 200:
        return kind_of_status(error.status_code)
    # An error event: the status is that of the stream, so only the type tells.
    return BY_TYPE.get(str(error.type), "failed")
