"""Whether the deltas of a run fit together and add up to its draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field

Place = tuple[str, int]


@define
class Text:
    """What a client keeps of one stage and attempt: pieces by seq, and their length in code points."""

    pieces: dict[int, str] = field(factory=dict)
    length: int = 0

    def add(self, seq: int, piece: str) -> None:
        self.pieces[seq] = piece
        self.length += len(piece)

    def drop(self, from_seq: int, to_seq: int) -> None:
        for seq in [seq for seq in self.pieces if from_seq <= seq <= to_seq]:
            self.length -= len(self.pieces.pop(seq))

    @property
    def whole(self) -> str:
        return "".join(self.pieces.values())


def find_text_breaks(name: str, events: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield what does not fit in one account of a run, as a client that keeps text would meet it."""
    texts: dict[Place, Text] = {}
    for event in events:
        if event["type"] == "delta":
            text = texts.setdefault((event["stage"], event["attempt"]), Text())
            yield from _find_gap(name, event, text)
            text.add(event["seq"], event["text"])
        elif event["type"] == "restarted":
            yield from _restart(name, event, texts)
        elif event["type"] == "draft" and (text := texts.get(("generator", 1), Text())).whole != event["draft"]:
            yield f"TEXT: {name} has a draft of {len(event['draft'])} characters and deltas of {text.length}"


def _find_gap(name: str, delta: dict[str, Any], text: Text) -> Iterator[str]:
    if delta["offset"] != text.length:
        place = f"offset {delta['offset']} behind {text.length} characters (seq {delta['seq']})"
        yield f"TEXT: {name} has a delta at {place}"
    if not delta["text"]:
        yield f"TEXT: {name} has an empty delta (seq {delta['seq']})"


def _restart(name: str, event: dict[str, Any], texts: dict[Place, Text]) -> Iterator[str]:
    """Drop what the event says, from all texts, and see whether anything of its own stage is left."""
    if (dropped := event["supersedes"]) is not None:
        for text in texts.values():
            text.drop(dropped["from_seq"], dropped["to_seq"])
    own = texts.get((event["stage"], event["attempt"]), Text())
    if own.pieces:
        yield f"TEXT: {name} restarts {event['stage']} (seq {event['seq']}) and leaves the deltas {[*own.pieces]}"
