"""How long a client waits before it asks again."""

import random

from galley_client import Backoff


def test_chance_spreads_pauses_over_all_of_a_span_that_doubles_up_to_a_bound() -> None:
    chance = random.Random(1)
    backoff = Backoff(first=1.0, longest=15.0, chance=chance.random)

    for failures, bound in ((1, 1.0), (2, 2.0), (4, 8.0), (5, 15.0), (5000, 15.0)):
        pauses = [backoff.pause(failures) for _ in range(500)]
        assert 0.0 <= min(pauses) < 0.1 * bound
        assert 0.9 * bound < max(pauses) <= bound


def test_what_the_server_asks_for_is_the_least() -> None:
    assert Backoff(chance=lambda: 0.5).pause(1, at_least=7.0) == 7.0
    assert Backoff(chance=lambda: 1.0).pause(4, at_least=7.0) == 8.0
