"""What is wrong with a text that was cut at its output tokens."""

from __future__ import annotations

from domain.content.finding import Finding


def truncated_finding(output_tokens: int) -> Finding:
    """Return the finding of a text that ended because it met its limit of output tokens."""
    message = f"was cut off at {output_tokens:,} output tokens: write a shorter text that comes to its end."
    return Finding(check="truncated", message=message)
