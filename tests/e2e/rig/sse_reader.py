"""Server-sent events as the HTML standard (section 9.2.6) reads them, at any split of the bytes."""

from __future__ import annotations

import codecs

from attrs import frozen


@frozen(kw_only=True)
class Frame:
    """One dispatched event; `id` is the last event id at that moment, as the standard has it."""

    id: str
    event: str
    data: str


class SseReader:
    """Turns bytes into frames; what the standard allows but Galley promises not to send is noted in `faults`."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry_ms: int | None = None
        self.comments: list[str] = []
        self.faults: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._is_after_cr = False
        self._is_at_start = True
        self._data: list[str] = []
        self._event = ""
        self._has_fields = False

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take in any number of bytes and return the frames that they complete, in order."""
        text = self._decoder.decode(chunk)
        if self._is_at_start and text:
            self._is_at_start = False
            text = text.removeprefix("\ufeff")
        lines = self._split(text)
        return [frame for line in lines if (frame := self._take(line)) is not None]

    def _split(self, text: str) -> list[str]:
        if "\r" in text:
            self.faults.append("a carriage return on the wire")
        if self._is_after_cr and text:
            self._is_after_cr = False
            text = text.removeprefix("\n")
        self._is_after_cr = self._is_after_cr or text.endswith("\r")
        lines = (self._pending + text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        self._pending = lines.pop()
        return lines

    def _take(self, line: str) -> Frame | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            self.comments.append(line[1:])
            return None
        self._has_fields = True
        name, _, value = line.partition(":")
        self._set(name, value.removeprefix(" "))
        return None

    def _set(self, name: str, value: str) -> None:
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)

    def _dispatch(self) -> Frame | None:
        data, event = self._data, self._event
        if len(data) > 1:
            self.faults.append(f"data of {len(data)} lines")
        if not data:
            self.faults.append("a blank event" if self._has_fields else "an empty line without an event")
        self._data, self._event, self._has_fields = [], "", False
        if not data or data == [""]:
            return None
        return Frame(id=self.last_id, event=event or "message", data="\n".join(data))
