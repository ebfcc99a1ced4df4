"""What failed, in words for a user and without a key, an address or a text of the provider's in them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import httpx2
from attrs import frozen

from adapters.providers.upstream.connection import EncodedAnswerError, OverlongAnswerError
from domain.errors import (
    ProviderCutError,
    ProviderError,
    ProviderOverloadedError,
    ProviderRefusedError,
    ProviderStalledError,
    ProviderUnavailableError,
)

log = logging.getLogger(__name__)

Kind = Literal[
    "overloaded",
    "limited",
    "failed",
    "key",
    "forbidden",
    "model",
    "size",
    "context",
    "credit",
    "address",
    "refused",
    "request",
]
WHOSE_JOB: Final = "whoever runs this service has to"
REFUSED_TEXT: Final = "The model refused to write this text; change the inputs or the prompts."
REFUSALS: Final[Mapping[Kind, str]] = {
    "key": f"The model's provider does not accept the API key; {WHOSE_JOB} set a valid one.",
    "forbidden": f"The API key may not use the model {{model}}; choose another model, or {WHOSE_JOB} get it allowed.",
    "model": "The provider has no model {model}; choose another one.",
    "size": "The request is larger than the model's provider takes; shorten the inputs.",
    "context": "Prompt and text are longer than model {model} can hold; shorten the inputs or choose another model.",
    "credit": f"The account with the model's provider has no credit left; {WHOSE_JOB} top it up.",
    "address": f"Nothing writes at the provider's address; {WHOSE_JOB} check its base URL.",
    "refused": REFUSED_TEXT,
    "request": "The model's provider does not accept this request for the model {model}; its log entry says more.",
}
BY_STATUS: Final[Mapping[int, Kind]] = {
    401: "key",
    402: "credit",
    403: "forbidden",
    404: "model",
    405: "address",
    408: "failed",
    409: "failed",
    413: "size",
    429: "limited",
    503: "overloaded",
    529: "overloaded",
}
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SHOWABLE_MODEL: Final = re.compile(r"[\w.:/@+-]{1,100}")


@frozen(kw_only=True)
class Failed:
    """An error that a provider answered with; `secrets` must not be shown whatever it says."""

    provider: str
    model: str
    kind: Kind
    status: int
    said: str | None
    request_id: str | None
    retry_after: float | None
    secrets: tuple[str, ...]

    def tell(self) -> ProviderError:
        """Log what is worth knowing of it and return it as one of ours."""
        log.warning(
            "provider answered with an error",
            extra={
                "provider": self.provider,
                "model": self.model,
                "status": self.status,
                "kind": self._show(self.said),
                "request_id": self._show(self.request_id),
            },
        )
        match self.kind:
            case "overloaded":
                return ProviderOverloadedError("The model is overloaded.", retry_after=self.retry_after)
            case "limited":
                return ProviderOverloadedError(
                    "The model's provider takes no more requests just now.", retry_after=self.retry_after
                )
            case "failed":
                return ProviderUnavailableError("The model's provider failed on its side.")
        shown = repr(self.model) if _SHOWABLE_MODEL.fullmatch(self.model) else "that was asked for"
        return ProviderRefusedError(REFUSALS[self.kind].format(model=shown))

    def _show(self, word: str | None) -> str | None:
        if not isinstance(word, str) or not _PLAIN_WORD.fullmatch(word):
            return None
        return None if any(secret in word for secret in self.secrets) else word


def kind_of_status(status: int) -> Kind:
    """Return what a status says where nothing else is known."""
    if 300 <= status < 400:
        return "address"
    return BY_STATUS.get(status, "failed" if status >= 500 else "request")


def read_retry_after(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, section 10.2.3), None where it says nothing."""
    given = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", given):
        return float(given)
    try:
        until = parsedate_to_datetime(given)
        aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return max(0.0, (aware - now()).total_seconds())
    except (ValueError, OverflowError):
        return None


def expect_events(response: httpx2.Response) -> None:
    """Raise a refusal where a whole page or document comes in the place of a stream."""
    if response.headers.get("content-type", "").lower().startswith(("text/html", "application/json")):
        raise ProviderRefusedError(REFUSALS["address"])


def stalled(idle_seconds: float) -> ProviderStalledError:
    """The model said nothing of use for so long."""
    return ProviderStalledError(f"The model was silent for {idle_seconds:g} seconds.")


def cut() -> ProviderCutError:
    """The stream ended too early."""
    return ProviderCutError("The model's answer ended before it was whole.")


def translate_broken(error: BaseException, *, idle_seconds: float, has_begun: bool) -> ProviderError:
    """Log a connection's or an answer's failure and return what it means, whichever layer noticed it."""
    log.warning("provider call broke", extra={"error": type(error).__name__, "has_begun": has_begun})
    match error:
        case ProviderError():
            return error
        case httpx2.ReadTimeout():
            return stalled(idle_seconds)
        case httpx2.TransportError():
            return cut() if has_begun else ProviderUnavailableError("The model's provider can't be reached.")
        case OverlongAnswerError():
            return ProviderCutError("The model's provider sent more than an answer may have.")
        case EncodedAnswerError() | ValueError() | TypeError() | AttributeError() | LookupError() | RecursionError():
            return ProviderUnavailableError("The model's provider sent something that can't be read.")
    return ProviderUnavailableError("The model's provider could not be asked.")
