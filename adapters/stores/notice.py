"""What processes tell each other over NOTIFY: hints of where to look, never the only word of anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import frozen

CHANNEL = "galley"
PAYLOAD_BYTES = 7900
"""PostgreSQL takes less than 8000."""

_QUEUE = "q"
_LOG = "l"
_STATE = "s"


@frozen(kw_only=True)
class Notice:
    """Runs whose logs have grown, runs whose status, lease or cancel flag has changed; is there a run to claim."""

    logs: Collection[str] = ()
    states: Collection[str] = ()
    has_claimable: bool = False


def write_payloads(sender: str, notice: Notice) -> list[str]:
    """Return payloads that fit, each beginning with who sends it; ids hold no spaces."""
    words = [_LOG + run_id for run_id in notice.logs] + [_STATE + run_id for run_id in notice.states]
    if notice.has_claimable:
        words.append(_QUEUE)
    return list(_pack(sender, words))


def read_payload(payload: str) -> tuple[str, Notice]:
    """Return the sender and the notice; words of kinds that only newer processes know are passed over."""
    sender, *words = payload.split(" ")
    return sender, Notice(
        logs=[word[1:] for word in words if word.startswith(_LOG)],
        states=[word[1:] for word in words if word.startswith(_STATE)],
        has_claimable=_QUEUE in words,
    )


def _pack(sender: str, words: list[str]) -> Iterator[str]:
    payload = sender
    for word in words:
        if len(payload.encode()) + 1 + len(word.encode()) > PAYLOAD_BYTES:
            yield payload
            payload = sender
        payload += f" {word}"
    if payload != sender:
        yield payload
