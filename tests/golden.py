"""Writes the golden files: one event of each type for the tests of every client, the API's description, the prices."""

from __future__ import annotations

from pathlib import Path

from tests.entrypoints.description import DESCRIPTION_FILE, render_description
from tests.examples import EVENTS, make_records
from tests.price_list import refresh_prices

EVENTS_FILE = Path(__file__).parent / "fixtures" / "events.jsonl"


def render_events() -> str:
    """Return the data of one event of each type, a line each, as the log of a run would hold them."""
    return "".join(f"{record.data.decode()}\n" for record in make_records(EVENTS))


if __name__ == "__main__":
    EVENTS_FILE.write_text(render_events())
    DESCRIPTION_FILE.write_bytes(render_description())
    refresh_prices()
