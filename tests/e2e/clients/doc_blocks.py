"""The code that a page of docs/clients shows, as it is written there."""

from __future__ import annotations

import re

from tests.e2e.rig.process import ROOT

_BLOCK = re.compile(r"^## (?P<heading>[^\n]+)\n(?:(?!^## ).)*?^```\w+\n(?P<code>.*?)^```$", re.M | re.S)


def read_blocks(page: str) -> dict[str, str]:
    """Return the first block under each heading of docs/clients/<page>.md."""
    text = (ROOT / "docs" / "clients" / f"{page}.md").read_text()
    return {found["heading"]: found["code"] for found in _BLOCK.finditer(text)}


def count_lines(code: str) -> int:
    """Count the lines of code: not those that are empty or only close what was opened."""
    return sum(bool(line.strip(" \n})];")) for line in code.splitlines())
