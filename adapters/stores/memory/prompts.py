"""Prompt sets' versions in memory."""

from __future__ import annotations

from attrs import evolve

from adapters.stores.reference import check_label, hash_content, parse_reference
from domain.content.prompt import PromptVersion
from domain.errors import PromptNotFoundError
from domain.ports import Clock
from domain.run.model import PinnedPrompt


class MemoryPromptStore:
    """`PromptStore` in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._versions: dict[str, list[PromptVersion]] = {}
        self._labels: dict[str, dict[str, int]] = {}

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that is meant."""
        asked = parse_reference(reference)
        versions = self._versions.get(asked.name, [])
        number = asked.version
        if asked.label is not None:
            number = self._labels.get(asked.name, {}).get(asked.label, 0)
        if number is None:
            number = len(versions)
        if not 0 < number <= len(versions):
            raise PromptNotFoundError(f"There is no prompt set {reference}.")
        return self._with_labels(versions[number - 1])

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest ones by name."""
        return tuple(self._with_labels(versions[-1]) for _, versions in sorted(self._versions.items()))

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Add a version unless the newest one is the same."""
        versions = self._versions.setdefault(name, [])
        pin = PinnedPrompt(name=name, version=len(versions) + 1, hash=hash_content(content))
        if not versions or versions[-1].pin.hash != pin.hash:
            now = self._clock.now()
            versions.append(PromptVersion(pin=pin, content=content, source=source, published_at=now, author=author))
        return self._with_labels(versions[-1])

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on.

        Raises:
            InvalidRequestError: It is no label.
            PromptNotFoundError: There is no such version.
        """
        check_label(label)
        await self.find(f"{name}@{version}")
        self._labels.setdefault(name, {})[label] = version

    def _with_labels(self, version: PromptVersion) -> PromptVersion:
        labels = self._labels.get(version.pin.name, {})
        return evolve(version, labels=tuple(sorted(label for label, n in labels.items() if n == version.pin.version)))
