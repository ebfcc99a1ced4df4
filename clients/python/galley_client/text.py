"""The text of a run as it stands, put together from its events."""

from __future__ import annotations

from galley_client.events import Event, Reset, RunCompleted, StageRestarted, TextFormatted, TextGrew


class GrowingText:
    """The text under way: that of the stage and attempt that is being written, without what was superseded.

    A formatted text and the output of the end take its place.
    """

    def __init__(self) -> None:
        self._place: tuple[str, int] | None = None
        self._pieces: dict[int, str] = {}

    def __str__(self) -> str:
        return "".join(self._pieces.values())

    def take(self, event: Event) -> None:
        """Take in the run's next event."""
        match event:
            case TextGrew(stage=stage, attempt=attempt):
                if (stage, attempt) != self._place or event.offset == 0:
                    self._place, self._pieces = (stage, attempt), {}
                self._pieces[event.seq] = event.text
            case StageRestarted(supersedes=dropped) if dropped is not None:
                for seq in [seq for seq in self._pieces if dropped.from_seq <= seq <= dropped.to_seq]:
                    del self._pieces[seq]
            case TextFormatted(text=text) | RunCompleted(output=text):
                self._place, self._pieces = None, {event.seq: text}
            case Reset():
                self._place, self._pieces = None, {}
