"""A run at a server as the command line sees it: records, and errors of ours."""

from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from domain.errors import NoOutputError
from domain.run.model import Record
from entrypoints.remote_run import Remote, RemoteError
from entrypoints.run_feed import StartOver
from galley_client import AsyncGalley
from tests.clients_python.frames import BODY, RUN, control, frame, make_data
from tests.clients_python.scripted_server import json_answer, scripted_server, stream_answer


async def test_the_records_of_a_run_hold_its_data_as_it_came() -> None:
    answers = [stream_answer(frame(1, "run"), control("reset"), frame(1, "run"), frame(2, "applause"))]
    answers.append(stream_answer(frame(3, "complete")))

    async with (
        scripted_server(answers) as server,
        AsyncGalley(server.url, token="t") as galley,
        aclosing(Remote(galley).follow(BODY)) as items,
    ):
        seen = [item async for item in items]

    assert [item.type if isinstance(item, Record) else item for item in seen] == [
        "run",
        StartOver(),
        "run",
        "applause",
        "complete",
    ]
    assert seen[-1] == Record(
        run_id=RUN,
        epoch=0,
        seq=3,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        type="complete",
        data=make_data(3, "complete").encode(),
    )
    assert server.seen[0].body == BODY


async def test_a_cancel_names_the_run_that_is_followed() -> None:
    answers = [stream_answer(frame(1, "run")), json_answer(202, {"run_id": RUN, "status": "running"})]
    answers.append(stream_answer(frame(2, "cancelled")))

    async with scripted_server(answers) as server, AsyncGalley(server.url, token="t") as galley:
        remote = Remote(galley)
        await remote.cancel()
        assert server.seen == []
        async with aclosing(remote.follow(BODY)) as items:
            first = await anext(items)
            await remote.cancel()
            rest = [item async for item in items]

    assert [item.type for item in (first, *rest) if isinstance(item, Record)] == ["run", "cancelled"]
    (request,) = server.find(f"/runs/{RUN}/cancel")
    assert request.headers["authorization"] == "Bearer t"


async def test_what_the_server_refuses_is_an_error_of_ours_with_its_faults() -> None:
    faults = [{"pointer": "/inputs/topic", "detail": "is missing"}]
    answers = [json_answer(422, {"detail": "The request can't be accepted.", "errors": faults})]

    async with scripted_server(answers) as server, AsyncGalley(server.url, token="t") as galley:
        with pytest.raises(RemoteError) as caught:
            async with aclosing(Remote(galley).follow(BODY)) as items:
                await anext(items)

    assert caught.value.message == "The request can't be accepted. inputs/topic: is missing"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (json_answer(404, {"detail": "There is no prompt set of that name."}), "There is no prompt set of that name."),
        (json_answer(200, []), "{url} does not answer as a Galley server does."),
        (b"", "{url} can't be reached: Server disconnected without sending a response."),
    ],
)
async def test_a_schema_that_does_not_come_is_an_error(answer: bytes, message: str) -> None:
    async with scripted_server([answer]) as server, AsyncGalley(server.url, token="t") as galley:
        with pytest.raises(RemoteError) as caught:
            await Remote(galley).find_inputs("a/b@3")

    assert caught.value.message == message.format(url=server.url)
    assert server.seen[0].line == "GET /prompts/a%2Fb@3 HTTP/1.1"


async def test_a_run_without_an_output_is_told_apart_from_other_refusals() -> None:
    answers = [json_answer(409, {"detail": "Not yet."}), json_answer(404, {"detail": "No such run."})]

    async with scripted_server(answers) as server, AsyncGalley(server.url, token="t") as galley:
        with pytest.raises(NoOutputError, match="Not yet"):
            await Remote(galley).download(RUN, None)
        with pytest.raises(RemoteError, match="No such run"):
            await Remote(galley).download(RUN, "docx")

    assert server.seen[1].line == f"GET /runs/{RUN}/output?format=docx HTTP/1.1"
