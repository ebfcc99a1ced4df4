"""The one tree of errors."""

from __future__ import annotations

from domain.errors import GalleyError, TooManyAttemptsError


def every_error(root: type[GalleyError] = GalleyError) -> list[type[GalleyError]]:
    return [root, *(error for child in root.__subclasses__() for error in every_error(child))]


def test_every_error_of_the_domain_has_a_code_of_its_own() -> None:
    codes = [error.code for error in every_error() if error.__module__ == "domain.errors"]

    assert len(codes) == len(set(codes))


def test_an_error_says_its_message_and_when_to_come_back() -> None:
    error = TooManyAttemptsError("Too many tries.", retry_after=30.0)

    assert (error.message, error.retry_after) == ("Too many tries.", 30.0)
