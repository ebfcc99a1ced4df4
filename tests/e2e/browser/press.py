"""The server that the browser meets: a provider that says its input again, and a gate that holds it in the middle."""

from __future__ import annotations

import sys
from pathlib import Path

from attrs import define

from tests.e2e.rig.process import GalleyProcess

PROMPTS = Path(__file__).parent / "prompts"
ECHO = {"GALLEY_PROMPTS": str(PROMPTS), "GALLEY_SAMPLE_TOKENS_PER_SECOND": "0"}


@define(kw_only=True)
class Press(GalleyProcess):
    """Serves the prompt sets `note` and `card`; a "⏸" in a text waits until the gate is open."""

    def close_gate(self) -> None:
        """Hold every run at its next wait."""
        (self.data / "open").unlink(missing_ok=True)

    def open_gate(self) -> None:
        """Let every run go on."""
        (self.data / "open").touch()

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.e2e.browser.serve"]
