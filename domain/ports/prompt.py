"""Prompt sets."""

from __future__ import annotations

from typing import Protocol

from domain.content.prompt import PromptVersion


class PromptStore(Protocol):
    """Published versions of prompt sets."""

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that "name", "name@3" or "name@label" means.

        Raises:
            PromptNotFoundError: There is none.
        """
        ...

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest version of every set, by name."""
        ...

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Make the next version, or return the newest one where its content is the same."""
        ...

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on, and no other one.

        Raises:
            InvalidRequestError: It is no label: a small letter, then up to 63 small letters, digits, - or _.
            PromptNotFoundError: There is no such version.
        """
        ...
