"""The model of the repair benchmark: it writes what a case says, at a pace, in whichever way it is asked."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from difflib import SequenceMatcher

from benchmarks.repair_cases import Case
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta
from domain.content.edits import EDITS_SCHEMA
from domain.content.formats import format_text
from domain.ports import Clock
from domain.run.usage import Tokens, estimate_tokens

TOKENS_PER_SECOND = 60.0
FIRST_TOKEN_SECONDS = 0.5
WORDS_AROUND = 3
PIECE = 16
"""Characters, which are four tokens: so much comes at once from most providers."""


class CaseModel:
    """Writes the case's first text when it is asked first, and afterwards what is right.

    Asked for the whole text, it writes the good one. Asked for edits, it gives those that make the good text of the one
    that it is shown, each with three words on both sides of what is wrong and as many more as it takes to be unique.
    """

    def __init__(self, case: Case, clock: Clock) -> None:
        self._case = case
        self._clock = clock

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Write at the pace."""
        answer = self._answer(request)
        begun = self._clock.monotonic() + FIRST_TOKEN_SECONDS
        for start in range(0, len(answer), PIECE):
            due = begun + start / 4 / TOKENS_PER_SECOND
            await self._clock.sleep(due - self._clock.monotonic())
            yield TextDelta(text=answer[start : start + PIECE])
        tokens = Tokens(input=estimate_tokens(request.text), output=estimate_tokens(answer))
        yield Completion(model=request.model, stop_reason="end", tokens=tokens)

    async def count_input(self, request: PromptRequest) -> int | None:
        """Return what the completion will say."""
        return estimate_tokens(request.text)

    async def list_models(self) -> tuple[Model, ...]:
        """Return the one model there is."""
        return (Model(id="case", title="Case"),)

    def _answer(self, request: PromptRequest) -> str:
        if request.output_schema == EDITS_SCHEMA:
            return self._write_edits(request.turns[1].content)
        return self._case.first if request.attempt == 1 else self._case.good

    def _write_edits(self, shown: str) -> str:
        edits = list(_iterate_edits(shown, format_text(self._case.good, self._case.format)))
        if self._case.has_unusable_edits:
            edits = [{**edit, "find": edit["find"].upper()} for edit in edits]
        return json.dumps({"edits": edits}, ensure_ascii=False)


def _iterate_edits(shown: str, good: str) -> Iterator[dict[str, str]]:
    """Yield edits by Python's own diff of words, which shares nothing with Galley's."""
    old, new = _split(shown), _split(good)
    done = 0
    for group in SequenceMatcher(a=old, b=new, autojunk=False).get_grouped_opcodes(WORDS_AROUND):
        start, end, middle = group[0][1], group[-1][2], "".join(new[group[0][3] : group[-1][4]])
        left, right = start, end
        while shown.count("".join(old[left:right])) > 1:
            left, right = max(done, left - 1), min(len(old), right + 1)
        done = right
        replace = "".join(old[left:start]) + middle + "".join(old[end:right])
        yield {"find": "".join(old[left:right]), "replace": replace}


def _split(text: str) -> list[str]:
    """Split behind every space and line end, losing nothing."""
    return text.replace(" ", " \x00").replace("\n", "\n\x00").split("\x00")
