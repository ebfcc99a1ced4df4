"""The query for a page of the history of runs; whatever somebody wrote goes in as a parameter."""

from __future__ import annotations

from adapters.stores.cursor import decode_cursor
from adapters.stores.folding import fold
from adapters.stores.postgresql.row import STORED_RUN
from domain.run.model import RunQuery


def write_query(query: RunQuery) -> tuple[str, list[object]]:
    """Return the statement and its parameters; it gives one row more than a page has where there are more.

    Raises:
        InvalidCursorError: `query.after` is not a `next` of ours.
    """
    values: list[object] = [query.limit + 1]
    wanted: list[str] = []

    def want(condition: str, value: object) -> None:
        values.append(value)
        wanted.append(f"{condition} ${len(values)}")

    if query.after is not None:
        want("runs.key <", decode_cursor(query.after))
    if query.owner is not None:
        want("runs.owner =", query.owner)
    if query.prompt is not None:
        want("requests.prompt =", query.prompt)
    if query.statuses:
        values.append(sorted(str(status) for status in query.statuses))
        wanted.append(f"runs.status = ANY(${len(values)}::text[])")
    if query.text is not None:
        # Both sides are folded, and nothing is a wildcard.
        values.append(fold(query.text))
        wanted.append(f"strpos(requests.search, ${len(values)}) > 0")
    where = " AND ".join(wanted) or "true"
    return f"{STORED_RUN} WHERE {where} ORDER BY runs.key DESC LIMIT $1", values
