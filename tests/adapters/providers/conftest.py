"""Every test that takes `side` runs once per wire format."""

from __future__ import annotations

import pytest

from tests.adapters.providers.sides import SIDES, Side


@pytest.fixture(params=sorted(SIDES))
def side(request: pytest.FixtureRequest) -> Side:
    return SIDES[request.param]
