"""The stages in which a model writes: calls, their growth, their failures, and when to try one again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from attrs import evolve

from domain.completion import PromptRequest
from domain.errors import ProviderError, ProviderOverloadedError, TemplateError
from domain.pipeline.account import Account
from domain.pipeline.call import DeadlineMetError, ProviderCall
from domain.pipeline.choice import Choice
from domain.pipeline.endings import LIMIT_WORDS, end_at_limit, end_failed
from domain.pipeline.growth import Failure, Growth
from domain.pipeline.line import Turn
from domain.pipeline.narrator import Narrator
from domain.pipeline.notices import RUN_AGAIN, say_fallback, say_given_up, say_retry, say_waiting
from domain.pipeline.progress import expected_characters, percent_of_writing
from domain.pipeline.retry import PATIENCE_SECONDS, explain_end
from domain.pipeline.run import Run
from domain.pipeline.stages import WritingStage
from domain.pipeline.surroundings import Surroundings
from domain.run.events import Event, StageRestarted, TextGrew, TokensUsed
from domain.run.limits import LimitName
from domain.run.price import Price, to_dollars
from domain.run.usage import Tokens

Events = AsyncGenerator[tuple[Event, ...], None]


class Writer:
    """Has a model write for one stage; every call it makes is closed and its usage told."""

    def __init__(
        self, stage: WritingStage, run: Run, narrator: Narrator, surroundings: Surroundings, account: Account
    ) -> None:
        self._account = account
        self._stage = stage
        self._run = run
        self._narrator = narrator
        self._around = surroundings
        self._expected = expected_characters(run.spec.checks, run.spec.limits)
        self._message = stage.message
        self._patience = PATIENCE_SECONDS

    async def write(self) -> Events:
        """Yield until the stage has its outcome, or the run its end."""
        try:
            request = self._stage.request(max_output_tokens=self._run.spec.limits.output_tokens)
        except TemplateError as error:
            yield self._narrator.tell(*self._end_without_call(error))
            return
        choice = Choice(models=self._models(request), line=self._around.line, chance=self._around.chance)
        wait: float | None = 0.0
        while wait is not None:
            await self._around.clock.sleep(wait)
            growth = Growth()
            async with aclosing(self._try_once(request, choice, growth)) as steps:
                async for events in steps:
                    yield events
            wait = growth.seconds_until_next

    async def _try_once(self, request: PromptRequest, choice: Choice, growth: Growth) -> Events:
        """Yield what comes of one call, or why there can't be one."""
        budget = self._account.estimate(request)
        if budget.met is not None:
            yield self._narrator.tell(*self._end_at(budget.met))
            return
        with self._around.line.join(choice.left(self._failed_models)) as turn:
            seconds = self._around.line.seconds_until_free(turn.models)
            if turn.model is None and seconds <= min(self._patience, budget.seconds):
                yield self._narrator.tell(*self._announce_line(turn, seconds))
                await self._stand_in_line(turn, budget.seconds)
            if turn.model is None:
                yield self._narrator.tell(*self._end_in_line(turn))
                return
            self._message = self._describe(request.model, turn.model)
            yield self._narrator.tell(*self._progress(0, model=turn.model))
            async with aclosing(self._call(evolve(request, model=turn.model), turn, growth)) as steps:
                async for events in steps:
                    yield events
        if growth.limit is not None:
            yield self._narrator.tell(*self._end_at(growth.limit))
            return
        yield self._settle(*await self._conclude(request, choice, turn.model, growth))

    async def _call(self, request: PromptRequest, turn: Turn, growth: Growth) -> Events:
        """Yield what one call writes; how it ended is in `growth`, what it used in the run's `cut_call`."""
        call: ProviderCall | None = None
        try:
            budget = await self._account.open(request)
            growth.limit = budget.met
            if budget.met is not None:
                return
            request = evolve(request, max_output_tokens=budget.output_tokens)
            call = self._open(request, turn, seconds_left=budget.seconds)
            async with aclosing(self._grow(call, growth)) as steps:
                async for events in steps:
                    yield events
            growth.completion = call.completion
        except DeadlineMetError as error:
            growth.failure = error
        except ProviderError as error:
            growth.failure = error
            self._around.line.fail(turn, error)
        finally:
            if call is not None:
                await call.close()
                self._run.cut_call = self._usage(call, growth)
            await self._account.settle(self._run.cut_call)

    def _open(self, request: PromptRequest, turn: Turn, *, seconds_left: float) -> ProviderCall:
        return ProviderCall(
            self._around.provider,
            request,
            clock=self._around.clock,
            idle_seconds=self._around.idle_seconds,
            seconds_left=seconds_left,
            on_answer=partial(self._around.line.answer, turn),
            gather=self._around.gather,
        )

    async def _grow(self, call: ProviderCall, growth: Growth) -> Events:
        while piece := await call.take():
            stage = self._stage
            grew = TextGrew(stage=stage.stage, attempt=stage.attempt, text=piece, offset=len(growth.text))
            growth.text += piece
            shown = (grew,) if stage.is_shown else ()
            yield self._narrator.tell(*shown, *self._progress(len(growth.text)))
            if growth.is_due and await self._watch(growth):
                return

    async def _watch(self, growth: Growth) -> bool:
        work = self._stage.watch
        growth.finding = await self._around.compute(len(growth.text), work, growth.text, growth.watched)
        growth.watched = len(growth.text)
        return growth.finding is not None

    def _settle(self, *events: Event) -> tuple[Event, ...]:
        """Tell what the call used together with what came of it."""
        usage, self._run.cut_call = self._run.cut_call, None
        assert usage is not None
        return self._narrator.tell(usage, *events)

    async def _conclude(self, request: PromptRequest, choice: Choice, model: str, growth: Growth) -> tuple[Event, ...]:
        """Return what came of a call: the stage's outcome, a failure after which there is another call, or the end."""
        failure = growth.failure
        if failure is None:
            return await self._read(request, growth)
        seconds_left = self._account.estimate(request).seconds
        if isinstance(failure, ProviderError):
            failed = [*self._failed_models, model]
            growth.seconds_until_next = choice.seconds_until_next(
                failure, model, failed=failed, seconds_left=seconds_left
            )
        if growth.seconds_until_next is None:
            return self._end(failure, seconds_left=seconds_left)
        return (*self._restart(), *self._announce_retry(model, failure, growth.seconds_until_next))

    async def _read(self, request: PromptRequest, growth: Growth) -> tuple[Event, ...]:
        if growth.finding is not None:
            return self._stage.end_early(growth.finding)
        assert growth.completion is not None
        # What is not shown, edits and judgements, is short, but is about the text that the request holds.
        size = len(growth.text) if self._stage.is_shown else len(request.text)
        return await self._around.compute(size, self._stage.read, growth.text, growth.completion)

    def _usage(self, call: ProviderCall, growth: Growth) -> TokensUsed:
        tokens, is_estimated = call.count()
        completion = call.completion if growth.failure is None else None
        model = completion.model if completion is not None else call.request.model
        prices = self._around.prices
        price = prices.find(model) or prices.find(call.request.model)
        used = tokens_used(self._stage, model, tokens, price=price, is_estimated=is_estimated)
        return evolve(used, failure=growth.failure_code)

    def _models(self, request: PromptRequest) -> tuple[str, ...]:
        """Return the run's models, unless the stage asks for one of its own."""
        spec = self._run.spec
        return spec.models if request.model == spec.model else (request.model,)

    @property
    def _failed_models(self) -> list[str]:
        return [call.model for call in self._narrator.history.failed_calls]

    def _end(self, failure: Failure, *, seconds_left: float = 0.0) -> tuple[Event, ...]:
        """Return the run's end, or what its stage makes of it that no model answers."""
        if isinstance(failure, DeadlineMetError):
            return self._end_at("deadline_seconds")
        reason = explain_end(failure, seconds_left=seconds_left)
        message = f"{reason} {RUN_AGAIN}" if failure.retryable else reason
        return self._stage.go_without(reason) or end_failed(
            self._narrator.history, code=failure.code, message=message, retryable=failure.retryable
        )

    def _end_without_call(self, error: TemplateError) -> tuple[Event, ...]:
        history = self._narrator.history
        return self._stage.go_without(error.message) or end_failed(
            history, code=error.code, message=error.message, retryable=False
        )

    def _end_at(self, limit: LimitName) -> tuple[Event, ...]:
        reason = f"{LIMIT_WORDS[limit]} is used up."
        return self._stage.go_without(reason) or end_at_limit(self._narrator.history, limit)

    def _restart(self) -> tuple[Event, ...]:
        superseded = self._narrator.history.superseded
        if superseded is None:
            return ()
        stage = self._stage
        restart = StageRestarted(
            stage=stage.stage, attempt=stage.attempt, reason="provider_failed", supersedes=superseded
        )
        return (restart,)

    def _describe(self, asked: str, model: str) -> str:
        """Return what is said while a model writes that may not be the one that was asked for."""
        if model == asked:
            return self._stage.message
        codes = [call.failure for call in self._narrator.history.failed_calls if call.model == asked]
        return say_fallback(asked, codes[-1] if codes else None, model=model)

    def _announce_retry(self, model: str, failure: Failure, seconds: float) -> tuple[Event, ...]:
        if seconds == 0:
            # Another model is asked at once, and the progress that begins its call says so.
            return ()
        self._message = say_retry(model, failure.code, seconds=seconds)
        return self._progress(0, retry_in_seconds=seconds)

    async def _stand_in_line(self, turn: Turn, seconds_left: float) -> None:
        began = self._around.clock.monotonic()
        await self._around.line.wait(turn, min(self._patience, seconds_left))
        self._patience -= self._around.clock.monotonic() - began

    def _announce_line(self, turn: Turn, seconds: float) -> tuple[Event, ...]:
        self._message = say_waiting(turn.models)
        return self._progress(0, retry_in_seconds=seconds)

    def _end_in_line(self, turn: Turn) -> tuple[Event, ...]:
        seconds = self._around.line.seconds_until_free(turn.models)
        return self._end(ProviderOverloadedError(say_given_up(turn.models, seconds=seconds)))

    def _progress(
        self, written: int, *, retry_in_seconds: float | None = None, model: str | None = None
    ) -> tuple[Event, ...]:
        stage = self._stage
        percent = percent_of_writing(
            stage.stage,
            attempt=stage.attempt,
            attempts=self._run.spec.limits.attempts,
            written=written / self._expected,
        )
        return self._narrator.progress(
            stage.stage, self._message, percent, attempt=stage.attempt, retry_in_seconds=retry_in_seconds, model=model
        )


def tokens_used(
    stage: WritingStage, model: str, tokens: Tokens, *, price: Price | None, is_estimated: bool
) -> TokensUsed:
    """Return the event that accounts for one call; without a price it costs nothing that anybody could tell."""
    return TokensUsed(
        stage=stage.stage,
        attempt=stage.attempt,
        model=model,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cached_tokens=tokens.cached,
        cache_write_tokens=tokens.cache_written,
        cost_usd=0.0 if price is None else to_dollars(price.cost(tokens)),
        estimated=is_estimated,
        price=None if price is None else price.origin,
    )
