"""Headers that every answer carries."""

from __future__ import annotations

from quart import Quart, Response

from entrypoints.services import Services

API_POLICY = "default-src 'none'; frame-ancestors 'none'"


def secure_headers(app: Quart, services: Services) -> None:
    """Let no answer be sniffed, framed, kept or leaked in a Referer; none is for scripts of other origins."""
    is_encrypted = services.public_url.startswith("https:")

    @app.after_request
    async def _add(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers.setdefault("Content-Security-Policy", API_POLICY)
        answer.headers.setdefault("Cache-Control", "no-store")
        if is_encrypted:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer
