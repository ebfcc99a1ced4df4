"""What the fault tests share: their chance, and whether they soak."""

import os
import random

import pytest

from tests.effort import effort

SEED = int(os.environ.get("GALLEY_TEST_SEED", "20260101"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest start first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """The test's own chance; GALLEY_TEST_SEED repeats a run that failed."""
    request.node.add_report_section("setup", "seed", f"GALLEY_TEST_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def is_soak() -> bool:
    """Whether the long version is wanted: GALLEY_SOAK=1."""
    return bool(effort(0, 1))
