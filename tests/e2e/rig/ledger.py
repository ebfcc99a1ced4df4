"""The provider's own account of what it was asked: a file of lines, which survives every death of its writer."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from domain.completion import Completion, Model, PromptRequest, ProviderItem
from domain.ports import Provider
from tests.e2e.rig.evidence import Call, write_inputs


class LedgerProvider:
    """Passes everything on and notes when each call began and how it ended: whole, closed or failed."""

    def __init__(self, inner: Provider, path: Path) -> None:
        self._inner = inner
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        call = uuid.uuid4().hex
        outcome = "closed"
        self._note(
            call=call,
            inputs=write_inputs(request.inputs),
            stage=request.stage,
            attempt=request.attempt,
            began=time.time(),
        )
        try:
            async with aclosing(self._inner.stream(request)) as items:
                async for item in items:
                    outcome = "whole" if isinstance(item, Completion) else outcome
                    yield item
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._note(call=call, outcome=outcome, ended=time.time())

    async def count_input(self, request: PromptRequest) -> int | None:
        return await self._inner.count_input(request)

    async def list_models(self) -> tuple[Model, ...]:
        return await self._inner.list_models()

    def _note(self, **fields: object) -> None:
        # One write of one line: appends of one process never mix, and a kill can't cut them.
        os.write(self._file, json.dumps(fields).encode() + b"\n")


def read_ledger(path: Path) -> tuple[Call, ...]:
    """Return every call in the order in which they began."""
    calls: dict[str, dict[str, object]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        fields = json.loads(line)
        name = fields.pop("call")
        calls.setdefault(name, {"id": name}).update(fields)
    return tuple(Call(**fields) for fields in calls.values())  # type: ignore[arg-type]
