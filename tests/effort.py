"""How much is tried: little in `make test`, in full in `make soak`."""

import os


def effort(small: int, full: int) -> int:
    """Return the first number in `make test`, the second in `make soak`."""
    return full if os.environ.get("GALLEY_SOAK") == "1" else small
