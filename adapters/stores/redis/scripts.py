"""The Lua scripts: each one is a step that takes effect as a whole, or not at all."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from attrs import field, frozen

SERVER_TIME = """
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end
"""
"""The clock that leases go by, in microseconds: the server's, whatever the workers' clocks say."""


@frozen
class Script:
    """A script's text, and the name by which a server knows it that has seen it."""

    text: str
    digest: str = field()

    @digest.default
    def _(self) -> str:
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class Scripts:
    """All scripts by name, each with the prelude before it; `now` defines the function of that name in Lua."""

    def __init__(self, now: str = SERVER_TIME) -> None:
        folder = files("adapters.stores.redis") / "lua"
        prelude = (folder / "prelude.lua").read_text("utf-8")
        self._scripts: dict[str, Script] = {}
        for file in folder.iterdir():
            name, _, ending = file.name.partition(".")
            if ending == "lua" and name != "prelude":
                self._scripts[name] = Script(_frame(prelude, now, file.read_text("utf-8")))

    def __getitem__(self, name: str) -> Script:
        return self._scripts[name]


def _frame(prelude: str, now: str, body: str) -> str:
    main = f"local function main()\n{body}\nend"
    return f"{prelude}{now}\nlocal era = meet(ARGV[1])\n{main}\nreturn {{era, main() or false}}\n"
