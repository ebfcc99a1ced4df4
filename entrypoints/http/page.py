"""GET /: the built page and its files, or a welcome that says how to do without one."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path

from quart import Blueprint, Response, request
from quart.helpers import send_file as answer_with_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Access, Answer, Operation, operation

blueprint = Blueprint("page", __name__)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)
"""Only the sanitiser may turn text into elements: the page has no other way from a string to a script."""
FOREVER = "public, max-age=31536000, immutable"
"""For /assets, whose names change with their contents."""


def describe_file(meaning: str, media_type: str = "*/*") -> dict[int, Answer]:
    """Return the answers of a route that sends a file of the page's folder."""
    content = {media_type: {"type": "string"} if media_type.startswith("text/") else {}}
    headers = ("Cache-Control", "ETag")
    return {
        200: Answer(meaning=meaning, content=content, headers=headers),
        304: Answer(meaning="It is the one that the client has.", headers=headers),
    }


_FILE = describe_file("A file of the page.")


@blueprint.get("/")
@operation(
    Operation(
        summary="Show the page",
        tag="page",
        access=Access.PUBLIC,
        headers=("If-None-Match",),
        answers=describe_file("The page, or a welcome where it is not built.", "text/html"),
    )
)
async def show_page() -> Response:
    """Answer with the built page where there is one."""
    services = current_services()
    if services.page is not None and (services.page / "index.html").is_file():
        return await send_page_file(services.page, "index.html", "no-cache")
    return make_plain_page(_WELCOME, url=services.public_url)


@blueprint.get("/assets/<path:name>")
@operation(
    Operation(
        summary="Get a built file",
        tag="page",
        access=Access.PUBLIC,
        headers=("If-None-Match",),
        answers=_FILE,
        problems=(404,),
    )
)
async def send_asset(name: str) -> Response:
    """Answer with a file of the page's assets."""
    return await send_page_file(current_services().page, f"assets/{name}", FOREVER)


@blueprint.get('/<any("favicon.svg", "favicon.ico", "robots.txt", "manifest.webmanifest"):name>')
@operation(
    Operation(
        summary="Get a file beside the page, such as its icon",
        tag="page",
        access=Access.PUBLIC,
        headers=("If-None-Match",),
        answers=_FILE,
        problems=(404,),
    )
)
async def send_file(name: str) -> Response:
    """Answer with a file of the page's own folder."""
    return await send_page_file(current_services().page, name, "no-cache")


async def send_page_file(folder: Path | None, name: str, caching: str, policy: str = PAGE_POLICY) -> Response:
    """Answer with a file of the page's folder.

    Raises:
        NotFound: There is none of that name.
    """
    found = None if folder is None else find_file(folder, name)
    if found is None:
        raise NotFound
    # Parts are not sent: Quart answers ranges that count from the end with 500, and no file here is large.
    response = await answer_with_file(found)
    await response.make_conditional(request)
    response.headers["Cache-Control"] = caching
    response.headers["Content-Security-Policy"] = policy
    return response


def find_file(folder: Path, name: str) -> Path | None:
    """Return the file of that name below the folder, None for anything else: links that lead out, hidden files."""
    joined = safe_join(str(folder), name)
    if joined is None or "\0" in name or "\\" in name or any(part.startswith(".") for part in name.split("/")):
        return None
    path = Path(joined).resolve()
    return path if path.is_file() and path.is_relative_to(folder.resolve()) else None


_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}pre{overflow-x:auto}"


def make_plain_page(template: str, **values: str) -> Response:
    """Answer with a page that needs nothing built: its template has `{style}` and the names of the values."""
    style_hash = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    body = template.format(style=_STYLE, **{name: escape(value) for name, value in values.items()})
    policy = f"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; frame-ancestors 'none'"
    return Response(
        body,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"},
    )


_WELCOME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Galley</title>
<style>{style}</style>
<h1>Galley</h1>
<p>The service runs. Its page is not built yet; until then everything works over HTTP and in a terminal.</p>
<h2>Build the page</h2>
<p>With Node 20 or newer, in the folder of Galley, then start it again:</p>
<pre>make page</pre>
<h2>Log in</h2>
<pre>curl -s {url}/auth/login -H 'Content-Type: application/json' \\
  -d '{{"username": "admin", "password": "..."}}'</pre>
<p>The first start printed the password of <code>admin</code> on its terminal. Keep the answer's
<code>access_token</code> in <code>TOKEN</code>.</p>
<h2>Run</h2>
<pre>curl -N {url}/run/stream -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{{"prompt": "blog-post", "inputs": {{"topic": "Desk lamps"}}}}'</pre>
<p>What else there is: <a href="openapi.json">the description of the API</a>, and <a href="docs">how to read it</a>.</p>
</html>
"""
