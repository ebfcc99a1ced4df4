"""The line in which runs wait for a model: fair, never stuck, and never more than one probe."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from adapters.clock import ManualClock, settle
from domain.errors import ProviderOverloadedError
from domain.pipeline.breaker import FAILURES_TO_OPEN, LONGEST_COOL_DOWN_SECONDS
from domain.pipeline.line import BREAKERS_KEPT, Line, Turn

BUSY = ProviderOverloadedError("Busy.")


def make_line(clock: ManualClock) -> Line:
    return Line(clock, lambda: 0.5)


def overload(line: Line, model: str, error: ProviderOverloadedError = BUSY) -> None:
    for _ in range(FAILURES_TO_OPEN):
        with line.join([model]) as turn:
            line.fail(turn, error)


async def test_a_run_waits_until_a_probe_may_begin() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")

    with line.join(["a"]) as turn:
        waiting = asyncio.create_task(line.wait(turn, 60.0))
        await clock.advance(0.7)
        early = turn.model
        await clock.advance(0.1)

        assert (early, turn.model, waiting.done()) == (None, "a", True)


async def test_everybody_goes_on_in_their_order_once_the_probe_has_an_answer() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")
    served: list[int] = []

    async def stand(number: int) -> None:
        with line.join(["a"]) as turn:
            await line.wait(turn, 60.0)
            served.append(number)
            if number == 0:
                await clock.sleep(5)
                line.answer(turn)
                await clock.sleep(5)

    tasks = [asyncio.create_task(stand(number)) for number in range(5)]
    await clock.advance(5.0)
    probing = list(served)
    await clock.advance(10.0)

    assert (probing, served) == ([0], [0, 1, 2, 3, 4])
    await asyncio.gather(*tasks)


async def test_a_probe_of_which_nothing_is_known_makes_room_for_the_next_one() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")
    await clock.advance(1)

    with line.join(["a"]) as second_place:
        with line.join(["a"]) as third_place:
            assert (second_place.model, third_place.model) == ("a", None)
        assert third_place.model is None
    with line.join(["a"]) as turn:
        assert turn.model == "a"


async def test_a_wait_that_is_known_to_be_too_long_is_not_begun() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a", ProviderOverloadedError("Busy.", retry_after=300))

    with line.join(["a"]) as turn:
        await line.wait(turn, 60.0)

        assert (turn.model, clock.monotonic()) == (None, 0.0)


async def test_a_run_that_waits_for_two_models_takes_the_one_that_may_be_probed_first() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")
    await clock.advance(1)
    overload(line, "b")

    with line.join(["a"]), line.join(["a", "b"]) as turn:
        waiting = asyncio.create_task(line.wait(turn, 60.0))
        await clock.advance(1)

        assert (turn.model, waiting.done()) == ("b", True)


async def test_a_wait_ends_with_its_time_while_another_run_probes() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")
    await clock.advance(1)

    with line.join(["a"]), line.join(["a"]) as turn:
        waiting = asyncio.create_task(line.wait(turn, 10.0))
        await clock.advance(9)
        was_waiting = not waiting.done()
        await clock.advance(1)

        assert (was_waiting, waiting.done(), turn.model) == (True, True, None)


async def test_a_run_that_is_cancelled_while_it_waits_leaves_the_line() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")

    async def stand() -> None:
        with line.join(["a"]) as turn:
            await line.wait(turn, 60.0)

    waiting = asyncio.create_task(stand())
    await settle()
    waiting.cancel()
    await asyncio.wait({waiting})

    assert (waiting.cancelled(), line._waiting) == (True, {})


async def test_the_first_model_that_is_free_is_taken() -> None:
    line = make_line(ManualClock())
    overload(line, "a")

    with line.join(["a", "b"]) as turn:
        assert turn.model == "b"
    assert (line.find_free(["a"]), line.find_free(["a", "b"])) == (None, "b")


async def test_breakers_that_are_closed_are_forgotten_when_there_are_many() -> None:
    clock = ManualClock()
    line = make_line(clock)
    overload(line, "a")
    for number in range(2 * BREAKERS_KEPT):
        with line.join([f"m{number}"]) as turn:
            line.fail(turn, BUSY)

    assert len(line._breakers) <= BREAKERS_KEPT
    assert line.find_free(["a"]) is None


class Crowd(RuleBasedStateMachine):
    """Runs that come, call, fail, write, leave and wait, in any order, at two models."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.line = make_line(self.clock)
        self.standing: list[tuple[Turn, ExitStack]] = []
        self.probes: dict[str, list[Turn]] = {}

    @rule(models=st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a")]))
    def come(self, models: Sequence[str]) -> None:
        stack = ExitStack()
        self.standing.append((stack.enter_context(self.line.join(models)), stack))

    @rule(seconds=st.floats(0.1, 40.0))
    def pass_time(self, seconds: float) -> None:
        self.clock._elapsed += seconds
        self.line.advance()

    @rule(place=st.integers(0, 50), asked=st.sampled_from([None, 0.0, 5.0]))
    def fail(self, place: int, asked: float | None) -> None:
        self._end(place, lambda turn: self.line.fail(turn, ProviderOverloadedError("Busy.", retry_after=asked)))

    @rule(place=st.integers(0, 50))
    def answer(self, place: int) -> None:
        self._end(place, self.line.answer)

    @rule(place=st.integers(0, 50))
    def leave(self, place: int) -> None:
        self._end(place, lambda _: None)

    def _end(self, place: int, tell: object) -> None:
        calling = [one for one in self.standing if one[0].model is not None]
        if calling:
            turn, stack = one = calling[place % len(calling)]
            self.standing.remove(one)
            tell(turn)  # type: ignore[operator]
            stack.close()

    @invariant()
    def there_is_one_probe_at_most(self) -> None:
        for model, breaker in self.line._breakers.items():
            calls = [turn for turn, _ in self.standing if turn.model == model and turn.epoch == breaker.epoch]
            if not breaker.is_closed:
                assert len(calls) == int(breaker.is_probing)

    @invariant()
    def nobody_is_overtaken(self) -> None:
        """Whoever stands behind somebody with the same wish was not served before."""
        waiting: set[tuple[str, ...]] = set()
        for turn, _ in self.standing:
            if turn.model is None:
                waiting.add(turn.models)
            else:
                assert turn.models not in waiting

    @invariant()
    def nobody_waits_for_a_model_that_is_free(self) -> None:
        assert all(turn.model or self.line.find_free(turn.models) is None for turn, _ in self.standing)

    def teardown(self) -> None:
        """No starvation: when models write again everybody gets a turn."""
        for _ in range(2 * len(self.standing) + 4):
            for turn, _ in self.standing:
                if turn.model is not None:
                    self.line.answer(turn)
            self.clock._elapsed += 2 * LONGEST_COOL_DOWN_SECONDS
            self.line.advance()
        assert all(turn.model for turn, _ in self.standing)
        for _, stack in self.standing:
            stack.close()


TestCrowd = Crowd.TestCase
TestCrowd.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
