"""What a browser did while a test looked on: its requests, what it complained of, what ran that should not have."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

STREAM = "text/event-stream"
SETTLE_SECONDS = 10.0


class Journal:
    """Kept for one context, over all its pages; `origins` are the only places that they may ask."""

    def __init__(self, origin: str) -> None:
        self.origins = {origin, "data", "blob"}
        self.requests: list[Request] = []
        self.console: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.open_streams: set[Request] = set()
        self._news = asyncio.Event()

    def keep(self, context: BrowserContext) -> None:
        """Begin to listen."""
        context.on("request", self._begin)
        context.on("requestfinished", self._end)
        context.on("requestfailed", self._end)
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        context.on("dialog", self._note_dialog)

    @property
    def remote(self) -> list[str]:
        """The addresses elsewhere that were asked for."""
        return [request.url for request in self.requests if _origin_of(request.url) not in self.origins]

    @property
    def violations(self) -> list[str]:
        """What the content security policy has stopped."""
        return [line for line in self.console if "Content Security Policy" in line or "TrustedHTML" in line]

    def asked(self, method: str, path: str) -> list[Request]:
        """Return the requests of that method whose path begins so."""
        return [
            request
            for request in self.requests
            if request.method == method and urlsplit(request.url).path.startswith(path)
        ]

    async def until_streams(self, count: int) -> None:
        """Wait until so many streams are open, over all pages; fail where it comes to another number."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while len(self.open_streams) != count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"open streams: {[request.url for request in self.open_streams]}") from None

    def tell(self, pages: list[Page]) -> str:
        """Say what helps when a test has failed."""
        addresses = [f"page {page.url}" for page in pages]
        last = [f"{request.method} {request.url}" for request in self.requests[-15:]]
        parts = [*addresses, *self.errors, *self.dialogs, *self.console[-30:], "last requests:", *last]
        return "\n".join(parts)

    def _begin(self, request: Request) -> None:
        self.requests.append(request)
        if request.headers.get("accept", "").startswith(STREAM):
            self.open_streams.add(request)
            self._news.set()

    def _end(self, request: Request) -> None:
        self.open_streams.discard(request)
        self._news.set()

    def _note_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.errors.append(f"uncaught: {error.error.stack or error.error.message}")

    async def _note_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(f"dialog: {dialog.message}")
        await dialog.dismiss()


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.scheme if parts.scheme in ("data", "blob") else f"{parts.scheme}://{parts.netloc}"
