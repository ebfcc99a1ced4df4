"""Which model is asked next."""

from __future__ import annotations

from adapters.clock import ManualClock
from domain.errors import ProviderCutError, ProviderError, ProviderOverloadedError, ProviderRefusedError
from domain.pipeline.choice import Choice
from domain.pipeline.line import Line
from domain.pipeline.retry import TRIES
from tests.domain.pipeline.test_line import make_line, overload

BUSY = ProviderOverloadedError("Busy.")


def choose(*models: str, line: Line | None = None) -> Choice:
    return Choice(models=models, line=line or make_line(ManualClock()), chance=lambda: 0.5)


def ask(choice: Choice, error: ProviderError, *failed: str, seconds_left: float = 100.0) -> float | None:
    return choice.seconds_until_next(error, failed[-1], failed=failed, seconds_left=seconds_left)


def test_the_same_model_is_asked_again_after_a_wait() -> None:
    choice = choose("a", "b")

    assert (ask(choice, BUSY, "a"), choice.left(["a"])) == (0.25, ("a", "b"))


def test_the_next_model_is_asked_at_once_when_the_tries_of_one_are_used_up() -> None:
    choice = choose("a", "b")

    assert (ask(choice, BUSY, *["a"] * TRIES), choice.left(["a"] * TRIES)) == (0.0, ("b",))


def test_the_last_models_last_failure_is_the_end() -> None:
    choice = choose("a", "b")
    failed = ["a"] * TRIES + ["b"] * TRIES

    assert (ask(choice, BUSY, *failed), choice.left(failed)) == (None, ())


def test_a_refused_request_is_the_end_whatever_models_are_left() -> None:
    assert ask(choose("a", "b"), ProviderRefusedError("No."), "a") is None


def test_a_long_wait_is_only_for_a_model_without_another_behind_it() -> None:
    slow = ProviderOverloadedError("Busy.", retry_after=15.0)
    choice = choose("a", "b")

    assert ask(choose("a"), slow, "a") == 15.25
    assert (ask(choice, slow, "a"), choice.left(["a"])) == (0.0, ("b",))


def test_a_wait_beyond_the_deadline_is_not_for_the_next_model() -> None:
    slow = ProviderOverloadedError("Busy.", retry_after=5.0)

    assert ask(choose("a", "b"), slow, "a", seconds_left=4.0) == 0.0
    assert ask(choose("a"), slow, "a", seconds_left=4.0) is None


def test_a_model_whose_breaker_is_open_is_not_waited_for_while_another_is_free() -> None:
    line = make_line(ManualClock())
    overload(line, "a")

    assert ask(choose("a", "b", line=line), ProviderCutError("Cut."), "a") == 0.0
    assert ask(choose("a", line=line), ProviderCutError("Cut."), "a") == 0.25
