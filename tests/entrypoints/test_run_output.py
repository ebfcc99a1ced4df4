"""GET /runs/{run_id}/output: the text as a file that does nothing but be a text."""

from __future__ import annotations

import io

import docx
import pytest
from werkzeug.http import parse_options_header

from domain.run.events import RunCancelled, RunCompleted
from tests.entrypoints.arrangement import House

Headers = dict[str, str]
TEXT = "# Tea & söhne\n\nHot **tea**.\n"
TYPES = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


async def end_with(house: House, headers: Headers, output: str) -> str:
    run_id = await house.begin(headers)
    lease = await house.claim(run_id)
    await house.write(lease, RunCompleted(success=True, output=output, metadata={"limit": None}))
    return run_id


@pytest.mark.parametrize("wanted", TYPES)
async def test_an_output_is_downloaded_and_never_shown(house: House, ann: Headers, wanted: str) -> None:
    run_id = await end_with(house, ann, TEXT)

    answer = await house.ask("GET", f"/runs/{run_id}/output?format={wanted}", ann)

    kind, names = parse_options_header(answer.headers["Content-Disposition"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, TYPES[wanted])
    assert (kind, names["filename"]) == ("attachment", f"Tea & söhne.{wanted}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_the_runs_own_format_is_the_default(house: House, ann: Headers) -> None:
    run_id = await end_with(house, ann, TEXT)

    answer = await house.ask("GET", f"/runs/{run_id}/output", ann)

    assert (await answer.get_data()).decode() == TEXT


async def test_a_word_document_opens(house: House, ann: Headers) -> None:
    run_id = await end_with(house, ann, TEXT)

    answer = await house.ask("GET", f"/runs/{run_id}/output?format=docx", ann)

    opened = docx.Document(io.BytesIO(await answer.get_data()))
    assert [(one.style.name, one.text) for one in opened.paragraphs if one.style] == [
        ("Heading 1", "Tea & söhne"),
        ("Normal", "Hot tea."),
    ]


async def test_a_live_run_has_no_output_yet(house: House, ann: Headers) -> None:
    answer = await house.ask("GET", f"/runs/{await house.begin(ann)}/output", ann)

    assert (answer.status_code, (await answer.get_json())["code"]) == (409, "run_live")


async def test_a_run_that_ended_otherwise_has_no_output(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.write(await house.claim(run_id), RunCancelled(message="Over."))

    answer = await house.ask("GET", f"/runs/{run_id}/output", ann)

    assert (answer.status_code, (await answer.get_json())["code"]) == (409, "no_output")


async def test_somebody_elses_output_is_404(house: House, ann: Headers, bob: Headers) -> None:
    run_id = await end_with(house, ann, TEXT)

    assert (await house.ask("GET", f"/runs/{run_id}/output", bob)).status_code == 404


@pytest.mark.parametrize("query", ["format=exe", "format=", "format=md&format=md", "name=x"])
async def test_another_format_is_refused(house: House, ann: Headers, query: str) -> None:
    run_id = await end_with(house, ann, TEXT)

    assert (await house.ask("GET", f"/runs/{run_id}/output?{query}", ann)).status_code == 422


@pytest.mark.parametrize(
    "title", ['a"; filename="b.exe', "a\r\nX-Evil: 1", "../../etc/passwd", "\u202etxt.exe", "a\u2028b", "%0d%0aX: 1"]
)
async def test_a_title_can_not_break_out_of_the_header(house: House, ann: Headers, title: str) -> None:
    run_id = await end_with(house, ann, f"# {title}\n\nx\n")

    answer = await house.ask("GET", f"/runs/{run_id}/output", ann)

    kind, names = parse_options_header(answer.headers["Content-Disposition"])
    assert (kind, set(names), "X-Evil" in answer.headers) == ("attachment", {"filename"}, False)
    assert not set(names["filename"]) & set('/\\"\r\n\u202e\u2028%')
    assert names["filename"].endswith(".md")
