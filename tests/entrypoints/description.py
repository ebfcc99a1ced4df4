"""The committed copy of the API's description."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from entrypoints.http.openapi import describe_api
from tests.entrypoints.arrangement import open_house

DESCRIPTION_FILE = Path(__file__).parents[2] / "docs" / "openapi.json"


def render_description() -> bytes:
    """Return what GET /openapi.json answers, indented so that a change of it can be read."""

    async def describe() -> bytes:
        async with open_house() as house:
            described = describe_api(house.app, version=house.services.version)
        return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"

    return asyncio.run(describe())
