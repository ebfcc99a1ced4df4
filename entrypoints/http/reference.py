"""GET /docs: a page to read the API's description in, and to try it."""

from __future__ import annotations

from quart import Blueprint, Response

from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Access, Operation, operation
from entrypoints.http.page import PAGE_POLICY, describe_file, make_plain_page, send_page_file

blueprint = Blueprint("reference", __name__)

FILE = "docs.html"
POLICY = PAGE_POLICY.replace("trusted-types dompurify", "trusted-types dompurify reference default")
"""The viewer sets markup as text; the page's `default` policy hands all of it to a sanitiser, which has `reference`."""


@blueprint.get("/docs")
@operation(
    Operation(
        summary="Show this description as a page",
        tag="operation",
        access=Access.PUBLIC,
        headers=("If-None-Match",),
        answers=describe_file("The page, or how to build it where it is not built.", "text/html"),
    )
)
async def show_reference() -> Response:
    """Answer with the built page where there is one; nothing of it comes from another host."""
    services = current_services()
    if services.page is not None and (services.page / FILE).is_file():
        return await send_page_file(services.page, FILE, "no-cache", POLICY)
    return make_plain_page(_NOT_BUILT, url=services.public_url)


_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Galley API</title>
<style>{style}</style>
<h1>Galley API</h1>
<p>The page that shows the API is not built yet. Its description is there: <a href="openapi.json">openapi.json</a>
(OpenAPI 3.1), which any viewer reads.</p>
<h2>Build the page</h2>
<p>With Node 20 or newer, in the folder of Galley, then start it again and come back to {url}/docs:</p>
<pre>make page</pre>
</html>
"""
