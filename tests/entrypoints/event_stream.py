"""The event stream interpreter of WHATWG HTML, section 9.2.6, word for word: what a browser makes of our bytes."""

from __future__ import annotations

from attrs import define, field, frozen


@frozen
class Message:
    """What a client's listener is given."""

    event: str
    data: str
    last_event_id: str


@define
class EventStream:
    """Feed it bytes as they come; it keeps what a browser would keep."""

    messages: list[Message] = field(factory=list)
    last_event_id: str = ""
    retry: int | None = None
    _bytes: bytes = b""
    _data: str = ""
    _event: str = ""
    _id: str = ""

    @classmethod
    def read(cls, data: bytes) -> EventStream:
        stream = cls()
        stream.feed(data)
        return stream

    def feed(self, data: bytes) -> None:
        *lines, self._bytes = (self._bytes + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            self._read_line(line.decode("utf-8", "replace"))

    def _read_line(self, line: str) -> None:
        if not line:
            self._dispatch()
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            self._read_field(name, value.removeprefix(" "))

    def _read_field(self, name: str, value: str) -> None:
        if name == "event":
            self._event = value
        elif name == "data":
            self._data += value + "\n"
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)

    def _dispatch(self) -> None:
        self.last_event_id = self._id
        if self._data:
            self.messages.append(Message(self._event or "message", self._data.removesuffix("\n"), self._id))
        self._data = self._event = ""
