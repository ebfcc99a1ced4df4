"""Writes that may be done twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import AckLostError, StoreUnavailableError


@contextmanager
def repeatable() -> Iterator[None]:
    """Let a lost ack be no more than a failure, where doing the same again does no harm.

    Raises:
        StoreUnavailableError: Worth retrying.
    """
    try:
        yield
    except AckLostError as error:
        raise StoreUnavailableError(
            "The connection to the store broke; it goes on by itself, and what was asked for may be asked for again."
        ) from error
