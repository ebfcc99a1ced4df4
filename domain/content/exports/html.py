"""A document as a page of its own: sanitised, and under a policy that lets nothing run or load."""

from __future__ import annotations

import html

from domain.content.exports.document import Document

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""For the page's own style; its text has neither styles nor anything else that this would allow."""

_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "pre{overflow:auto;background:#f4f4f4;padding:.75rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}"
    "blockquote{margin-left:0;padding-left:1rem;border-left:3px solid #bbb}"
)


def write_page(document: Document, *, title: str) -> str:
    """Write a whole HTML document in UTF-8; `title` is escaped."""
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{document.markup}\n</body>\n</html>\n"
    )
