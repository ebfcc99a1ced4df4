"""The rig's model: its text is too short at first, then one that passes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from attrs import frozen

from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta
from domain.ports import Clock
from domain.run.usage import Tokens

WORDS_AT_FIRST = 30
WORDS_THAT_PASS = 50
SLOW_PER_SECOND = 1.5


@frozen(kw_only=True)
class KiteProvider:
    """Writes for the prompt set `kites`, so many deltas per second; 0 is as fast as they are taken.

    A topic with the word "slowly" is written at SLOW_PER_SECOND.
    """

    clock: Clock
    per_second: float

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        wanted = WORDS_AT_FIRST if request.attempt == 1 else WORDS_THAT_PASS
        words = min(wanted, request.max_output_tokens)
        topic = str(request.inputs["topic"])
        per_second = SLOW_PER_SECOND if "slowly" in topic.split() else self.per_second
        for text in _write(topic, request.attempt, words):
            await self.clock.sleep(1 / per_second if per_second else 0)
            yield TextDelta(text=text)
        tokens = Tokens(input=len(request.text) // 4, output=words)
        stop = "end" if words == wanted else "max_tokens"
        yield Completion(model=request.model, stop_reason=stop, tokens=tokens)

    async def count_input(self, request: PromptRequest) -> int | None:
        return None

    async def list_models(self) -> tuple[Model, ...]:
        return (Model(id="kites", title="Kites"),)


def _write(topic: str, attempt: int, words: int) -> Iterator[str]:
    yield f"# {topic}\n\n"
    for number in range(words):
        # Characters of one to four bytes, so that an offset in bytes or in UTF-16 is seen to be wrong.
        yield f"wörd{attempt}·{number}🪁 "
