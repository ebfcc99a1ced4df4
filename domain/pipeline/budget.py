"""What a run may still spend, asked before every call."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from domain.completion import PromptRequest
from domain.errors import DailyLimitError
from domain.run.codec import encode_canonical
from domain.run.history import History, summarize_usage
from domain.run.limits import LimitName, Limits
from domain.run.price import Price, to_nanodollars
from domain.run.spending import Spending

TOKENS_AROUND_A_PROMPT = 1000
"""What providers may put around what we send: marks of turns, instructions for structured output."""


@frozen(kw_only=True)
class Budget:
    """What one more call may use, and at most will: `seconds` until the deadline, and a `most` that can be reserved.

    `met` names the limit that forbids the call altogether. `is_whole`: its answer may be as long as it was to be.
    """

    met: LimitName | None
    seconds: float
    input_tokens: int
    output_tokens: int
    is_whole: bool
    most: Spending


def most_input_tokens(request: PromptRequest) -> int:
    """Return how many tokens a request has at most: no tokenizer makes more of a text than it has bytes."""
    schema = b"" if request.output_schema is None else encode_canonical(request.output_schema)
    return len(request.text.encode()) + len(schema) + TOKENS_AROUND_A_PROMPT


def find_budget(
    limits: Limits, history: History, *, input_tokens: int, output_tokens: int, price: Price | None, now: datetime
) -> Budget:
    """Return what a call may use of what its run has left, so much input and at most so much output.

    Without a price it can't be afforded.
    """
    waited = (now - history.created_at).total_seconds() if history.created_at else 0.0
    used = summarize_usage(history.usages)
    tokens_left = limits.total_tokens - used["input_tokens"] - used["output_tokens"]
    nanodollars_left = to_nanodollars(limits.cost_usd) - to_nanodollars(used["cost_usd"])
    wanted = min(limits.output_tokens, output_tokens)
    output = min(wanted, tokens_left - input_tokens)
    affordable = -1 if price is None else price.output_for(nanodollars_left, input_tokens=input_tokens)
    met: LimitName | None = None
    if waited >= limits.deadline_seconds:
        met = "deadline_seconds"
    elif output <= 0:
        met = "total_tokens"
    elif affordable is not None and affordable <= 0:
        met = "cost_usd"
    output = output if affordable is None else min(output, affordable)
    return Budget(
        met=met,
        seconds=limits.deadline_seconds - waited,
        input_tokens=input_tokens,
        output_tokens=output,
        is_whole=output == wanted,
        most=_most(price, input_tokens, output),
    )


def shrink(budget: Budget, error: DailyLimitError, *, price: Price | None) -> Budget:
    """Return what is left of a budget on a day that has less left; its limit is met where that is nothing."""
    bounds = [budget.output_tokens]
    if error.tokens_left is not None:
        bounds.append(error.tokens_left - budget.input_tokens)
    if error.nanodollars_left is not None and price is not None:
        affordable = price.output_for(error.nanodollars_left, input_tokens=budget.input_tokens)
        bounds += [] if affordable is None else [affordable]
    output = min(bounds)
    if output <= 0:
        return evolve(budget, met=error.limit)
    most = _most(price, budget.input_tokens, output)
    return evolve(budget, output_tokens=output, is_whole=False, most=most)


def _most(price: Price | None, input_tokens: int, output_tokens: int) -> Spending:
    output_tokens = max(0, output_tokens)
    money = 0 if price is None else price.most(input_tokens=input_tokens, output_tokens=output_tokens)
    return Spending(tokens=input_tokens + output_tokens, nanodollars=money)
