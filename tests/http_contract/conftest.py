"""The laws are for one deployment, named in the environment; without one there is nothing to collect here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import frozen

from tests.http_contract.client import MADE, Client, ask, connect, new_key
from tests.http_contract.deployment import Deployment, Session, current_deployment, read_description

collect_ignore_glob = [] if MADE in os.environ else ["test_*.py"]


@frozen
class Told:
    """A run that was followed live from start to end: (id, event, data) of each frame, and the answer's headers."""

    run_id: str
    body: dict[str, Any]
    key: str
    frames: tuple[tuple[str, str, str], ...]
    faults: tuple[str, ...]
    headers: dict[str, str]

    @property
    def ids(self) -> list[str]:
        """The cursors of its events."""
        return [id_ for id_, _, _ in self.frames]


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    return current_deployment()


@pytest.fixture(scope="session")
def described(deployment: Deployment) -> dict[str, Any]:
    return read_description(deployment)


@pytest.fixture(scope="session")
def session(deployment: Deployment) -> Iterator[Session]:
    session = Session.begin(deployment)
    yield session
    session.end()


@pytest.fixture
async def client(session: Session) -> AsyncIterator[Client]:
    async with connect(session) as client:
        yield client


@pytest.fixture(scope="session")
def told(session: Session) -> Told:
    """Follow one run live; what the laws say of replays and resumes they say of this one."""

    async def follow() -> Told:
        body, key = ask("Oak desk lamps"), new_key()
        async with (
            connect(session) as client,
            client.open("POST", "/run/stream", headers={"Idempotency-Key": key}, json=body) as stream,
        ):
            assert stream.answer.status_code == 200, await stream.answer.aread()
            await stream.read()
        frames = tuple((frame.id, frame.event, frame.data) for frame in stream.frames)
        headers = dict(stream.answer.headers)
        return Told(headers["x-run-id"], body, key, frames, tuple(stream.reader.faults), headers)

    return asyncio.run(follow())
