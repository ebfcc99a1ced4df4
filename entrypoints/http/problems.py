"""Every failure before the first byte as RFC 9457 problem+json."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from domain import errors

_STATUSES: Mapping[type[errors.GalleyError], int] = {
    errors.InvalidRequestError: 422,
    errors.InvalidCursorError: 400,
    errors.IdempotencyConflictError: 422,
    errors.NotFoundError: 404,
    errors.UserExistsError: 409,
    errors.RunLiveError: 409,
    errors.QueueFullError: 503,
    errors.LiveRunsExceededError: 429,
    errors.DailyLimitError: 429,
    errors.StoreError: 503,
    errors.ProviderError: 503,
    errors.ProviderRefusedError: 502,
    errors.AuthError: 401,
    errors.TooManyAttemptsError: 429,
    errors.ForbiddenError: 403,
}
"""By the nearest class in an error's ancestry; what is not here is a fault of ours, 500."""

_CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    500: "internal",
}
"""Codes of failures that the framework finds by itself."""

_DETAILS: Mapping[int, str] = {
    400: "The request can't be understood.",
    404: "There is nothing at this address.",
    405: "This address does not know that method; see the Allow header.",
    408: "The body did not arrive in time; send it again.",
    413: "The body is larger than this service accepts.",
}

RETRY_SECONDS = 5
"""For failures that pass by themselves and don't say when."""


class HTTPError(errors.GalleyError):
    """A failure that only HTTP knows; `status` and `code` are what is answered."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wire_code = code
        self.headers = dict(headers or {})


def register_problems(app: Quart) -> None:
    """Answer every error of the app as a problem; nothing of an unforeseen one is shown."""

    @app.errorhandler(errors.GalleyError)
    async def _known(error: errors.GalleyError) -> Response:
        return problem_of(error)

    @app.errorhandler(HTTPException)
    async def _framework(error: HTTPException) -> Response:
        return _framework_problem(error)

    @app.errorhandler(Exception)
    async def _unforeseen(error: Exception) -> Response:
        return _log_unforeseen(error)


def problem_of(error: errors.GalleyError) -> Response:
    """Answer one of our errors; one whose status is 500 is logged and says nothing."""
    if isinstance(error, HTTPError):
        return make_problem(error.status, error.wire_code, error.message, headers=error.headers)
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _log_unforeseen(error)
    faults = error.faults if isinstance(error, errors.InvalidRequestError) else ()
    return make_problem(status, error.code, error.message, faults=faults, headers=_headers_for(error, status))


def status_of(error: errors.GalleyError) -> int:
    """Return the status that an error is answered with."""
    return next((_STATUSES[ancestor] for ancestor in type(error).__mro__ if ancestor in _STATUSES), 500)


def make_problem(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Iterable[errors.Fault] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """Make a problem; `code` identifies it, `members` stand beside the standard ones (RFC 9457, section 3.2)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    listed = [_fault_to_wire(fault) for fault in faults]
    answer = Response(
        msgspec.json.encode(body | ({"errors": listed} if listed else {}) | members),
        status=status,
        content_type="application/problem+json",
    )
    answer.headers.update(headers or {})
    return answer


def _fault_to_wire(fault: errors.Fault) -> dict[str, Any]:
    wire: dict[str, Any] = {"pointer": fault.pointer, "detail": fault.message}
    return wire if fault.line is None else wire | {"line": fault.line}


def _headers_for(error: errors.GalleyError, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": _challenge(error)}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return {"Retry-After": str(_retry_after(error))}
    return {}


def _challenge(error: errors.GalleyError) -> str:
    """Make RFC 6750's challenge, which names an error only where a token was given."""
    is_token_bad = isinstance(error, errors.InvalidTokenError | errors.ExpiredTokenError | errors.RevokedTokenError)
    return 'Bearer realm="galley"' + (', error="invalid_token"' if is_token_bad else "")


def _retry_after(error: errors.GalleyError) -> int:
    seconds = getattr(error, "retry_after", None)
    return RETRY_SECONDS if seconds is None else max(1, math.ceil(seconds))


def _framework_problem(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _log_unforeseen(getattr(error, "original_exception", None) or error)
    code = _CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    kept = {name: value for name, value in error.get_headers() if name in ("Retry-After", "Content-Range")}
    if isinstance(error, MethodNotAllowed):
        kept["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return make_problem(status, code, _DETAILS.get(status, HTTPStatus(status).phrase + "."), headers=kept)


def _log_unforeseen(error: BaseException) -> Response:
    incident = uuid.uuid4().hex
    structlog.get_logger().error(
        "request failed", incident=incident, method=request.method, path=request.path, exc_info=error
    )
    return make_problem(
        500, "internal", "Something went wrong here; the log has more under this id.", incident=incident
    )
