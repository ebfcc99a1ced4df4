"""Three ways to a valid text: regenerate it, repair the whole of it, and what Galley does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from attrs import define

from adapters.clock import SystemClock
from benchmarks.repair_cases import Case
from benchmarks.repair_model import CaseModel
from domain.completion import Completion, PromptRequest, TextDelta, Turn
from domain.content.prompt import PromptSet
from domain.content.prompt_set import read_prompt_set
from domain.content.rendering import render_generator, render_repair
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.run import Run
from domain.pipeline.surroundings import Surroundings
from domain.run.events import RunCompleted, RunQueued
from domain.run.history import History
from domain.run.limits import Limits
from domain.run.model import PinnedPrompt, RunRequest, RunSpec, Stage

ATTEMPTS = 3
TOPIC = "What the text is about, in the words of somebody who asks for it: the facts, the readers and the tone."
INPUTS = {"topic": TOPIC}


@define
class Spent:
    """Tokens by attempt, and seconds to the valid text."""

    first_output: int = 0
    repair_output: int = 0
    input: int = 0
    seconds: float = 0.0

    def add(self, attempt: int, *, read: int, written: int) -> None:
        """Count one call."""
        self.input += read
        if attempt == 1:
            self.first_output += written
        else:
            self.repair_output += written


Strategy = Callable[[Case], Awaitable[Spent]]


async def regenerate(case: Case) -> Spent:
    """Ask for the text; where it fails, ask for it again from the beginning, and so on."""
    return await _try_whole_texts(case, tells_findings=False)


async def repair_whole(case: Case) -> Spent:
    """Ask for the text; where it fails, show it with its findings and ask for the whole of it, mended."""
    return await _try_whole_texts(case, tells_findings=True)


async def run_galley(case: Case) -> Spent:
    """Let the pipeline carry out a run."""
    clock = SystemClock()
    run = Run(id="0" * 32, spec=_make_spec(case), prompt_set=_make_prompt_set(case), history=History())
    run.history.apply(RunQueued(prompt=run.spec.prompt, model=run.spec.model), seq=1, time=clock.now())
    around = Surroundings(provider=CaseModel(case, clock), clock=clock, chance=lambda: 0.5, offload=_compute)
    begun = clock.monotonic()
    end = await ContentPipeline(around).run(run)
    spent = Spent(seconds=clock.monotonic() - begun)
    for call in run.history.usages:
        spent.add(call.attempt, read=call.input_tokens, written=call.output_tokens)
    if not isinstance(end, RunCompleted) or not end.success:
        raise SystemExit(f"{case.name}: Galley came to no valid text")
    return spent


STRATEGIES: Mapping[str, Strategy] = {
    "whole regeneration": regenerate,
    "whole repair": repair_whole,
    "galley": run_galley,
}


async def _try_whole_texts(case: Case, *, tells_findings: bool) -> Spent:
    clock, spent, prompt_set = SystemClock(), Spent(), _make_prompt_set(case)
    model, begun = CaseModel(case, clock), clock.monotonic()
    system, user = render_generator(prompt_set, INPUTS)
    turns = (Turn(role="user", content=user),)
    for attempt in range(1, ATTEMPTS + 1):
        draft, completion = await _complete(model, _make_request(system, turns, attempt))
        assert completion.tokens is not None
        spent.add(attempt, read=completion.tokens.input, written=completion.tokens.output)
        text, findings = case.judge(draft)
        if not findings:
            spent.seconds = clock.monotonic() - begun
            return spent
        if tells_findings:
            repair = render_repair(prompt_set, INPUTS, text=text, findings=findings)
            turns = (turns[0], Turn(role="assistant", content=text), Turn(role="user", content=repair))
    raise SystemExit(f"{case.name}: no valid text in {ATTEMPTS} attempts")


async def _complete(model: CaseModel, request: PromptRequest) -> tuple[str, Completion]:
    pieces: list[str] = []
    async with aclosing(model.stream(request)) as items:
        async for item in items:
            match item:
                case TextDelta():
                    pieces.append(item.text)
                case Completion():
                    return "".join(pieces), item
    raise AssertionError("a model ends with its completion")


async def _compute(work: Callable[..., Any], *arguments: Any) -> Any:
    return work(*arguments)


def _make_request(system: str, turns: tuple[Turn, ...], attempt: int) -> PromptRequest:
    return PromptRequest(
        stage=Stage.GENERATOR if attempt == 1 else Stage.RETRY,
        attempt=attempt,
        model="case",
        system=system,
        turns=turns,
        max_output_tokens=4096,
        inputs=INPUTS,
    )


def _make_prompt_set(case: Case) -> PromptSet:
    return read_prompt_set(
        {
            "name": "case",
            "title": "Case",
            "inputs": {"type": "object", "properties": {"topic": {"type": "string"}}},
            "output_format": case.format,
            "prompts": {"generator": {"system": "You write short texts.", "user": "Write about {{ topic }}."}},
        }
    )


def _make_spec(case: Case) -> RunSpec:
    return RunSpec(
        request=RunRequest(prompt="case", inputs=INPUTS),
        prompt=PinnedPrompt(name="case", version=1, hash="0" * 64),
        model="case",
        output_format=case.format,
        checks=case.checks,
        limits=Limits(attempts=ATTEMPTS),
    )
