"""What is wrong with a check's options together, which a JSON Schema can't say."""

from __future__ import annotations


class OptionError(ValueError):
    """An option can't be met, or not together with another one; `pointer` leads from the check to it."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer
