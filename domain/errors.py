"""The one tree of errors: each has a wire `code` and a message that is fit for a user."""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import frozen

DailyLimitName = Literal["user_tokens_per_day", "user_usd_per_day"]


class GalleyError(Exception):
    """The root; `code` is stable and part of the API, the message may change."""

    code: ClassVar[str] = "internal"

    @property
    def message(self) -> str:
        """What happened and what to do about it, without secrets or paths."""
        return str(self)


@frozen(kw_only=True)
class Fault:
    """One thing that is wrong with what was given: a JSON pointer (RFC 6901), what is wrong there and what to do.

    `line` counts from 1 where the text came from a file, else it is None.
    """

    pointer: str
    message: str
    line: int | None = None


class InvalidRequestError(GalleyError):
    """The request can never succeed as it is; `faults` say where and why."""

    code = "invalid_request"

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class InvalidCursorError(InvalidRequestError):
    """A cursor is not of the form that the server gave out."""

    code = "invalid_cursor"


class PromptSetError(InvalidRequestError):
    """A prompt set's text has faults; nothing of it was published."""

    code = "invalid_prompt_set"


class TemplateError(InvalidRequestError):
    """A prompt template uses syntax outside of the allow-list, or renders to more than is allowed."""

    code = "invalid_template"


class IdempotencyConflictError(GalleyError):
    """The key, or the run id, is known with another body."""

    code = "idempotency_conflict"


class NotFoundError(GalleyError):
    """There is no such thing, or the principal may not know of it."""

    code = "not_found"


class RunNotFoundError(NotFoundError):
    """No such run."""

    code = "run_not_found"


class PromptNotFoundError(NotFoundError):
    """No such prompt set, version or label."""

    code = "prompt_not_found"


class UserNotFoundError(NotFoundError):
    """No such user."""

    code = "user_not_found"


class UserExistsError(GalleyError):
    """The user name is taken."""

    code = "user_exists"


class RunLiveError(GalleyError):
    """The run has not ended yet, so it can't be deleted."""

    code = "run_live"


class WebhookError(GalleyError):
    """A webhook could not be called; worth retrying. The message says why and shows nothing of its URL."""

    code = "webhook_failed"


class NoOutputError(GalleyError):
    """The run has not ended yet, or it ended without an output."""

    code = "no_output"


class QueueFullError(GalleyError):
    """As many runs are queued as this service accepts; worth retrying later."""

    code = "queue_full"


class LiveRunsExceededError(GalleyError):
    """The user has as many live runs as a user may have; worth retrying when one has ended."""

    code = "too_many_live_runs"


class DailyLimitError(GalleyError):
    """The user may not spend so much today; `limit` names the limit, and what is left of each is None without one.

    Worth retrying after `retry_after` seconds, where it is known.
    """

    code = "daily_limit_reached"

    def __init__(
        self,
        message: str,
        *,
        limit: DailyLimitName,
        tokens_left: int | None,
        nanodollars_left: int | None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.tokens_left = tokens_left
        self.nanodollars_left = nanodollars_left
        self.retry_after = retry_after


class StoreError(GalleyError):
    """What a store may raise besides what its methods name."""

    code = "store"


class StoreUnavailableError(StoreError):
    """The store can't do it now (disk full, no connection); nothing was written. Worth retrying."""

    code = "store_unavailable"


class StoreRefusedError(StoreError):
    """The store can't be used at all: another process holds it, or its settings would lose runs."""

    code = "store_refused"


class AckLostError(StoreError):
    """Whether the append landed is unknown: read the tail before trying again."""

    code = "ack_lost"


class FencedError(StoreError):
    """A newer epoch owns the run, it has ended, or the tail is not where the writer thinks: write nothing more."""

    code = "fenced"


class ProviderError(GalleyError):
    """A provider did not give a completion."""

    code = "provider_failed"
    retryable: ClassVar[bool] = True


class ProviderOverloadedError(ProviderError):
    """Too many requests, there or here; worth retrying after `retry_after` seconds, or when the caller sees fit."""

    code = "provider_overloaded"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderUnavailableError(ProviderError):
    """It could not be reached, or failed on its side; worth retrying."""

    code = "provider_unavailable"


class ProviderCutError(ProviderError):
    """The stream ended without its last event, so the text is not whole; worth retrying."""

    code = "provider_cut"


class ProviderStalledError(ProviderError):
    """It was silent for longer than the idle limit; worth retrying."""

    code = "provider_stalled"


class ProviderRefusedError(ProviderError):
    """This request can never succeed: refused, malformed, not allowed, unknown model."""

    code = "provider_refused"
    retryable = False


class AuthError(GalleyError):
    """Who is asking is not known, or may not do this."""

    code = "unauthenticated"


class MissingTokenError(AuthError):
    """No token was given."""

    code = "missing_token"


class InvalidTokenError(AuthError):
    """The token is not one of ours."""

    code = "invalid_token"


class ExpiredTokenError(AuthError):
    """The token's time is over; refresh it or log in again."""

    code = "token_expired"


class RevokedTokenError(AuthError):
    """The token's session was ended."""

    code = "token_revoked"


class InvalidCredentialsError(AuthError):
    """User name and password don't match."""

    code = "invalid_credentials"


class TooManyAttemptsError(AuthError):
    """Too many log-ins failed; worth retrying after `retry_after` seconds."""

    code = "too_many_attempts"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ForbiddenError(AuthError):
    """The principal is known, but lacks the role."""

    code = "forbidden"
