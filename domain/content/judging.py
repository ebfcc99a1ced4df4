"""Judging by a model: what it is told, and what its answer says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.content.fence import FENCE_RULE
from domain.content.finding import Finding, place_at
from domain.content.formats.unwrapping import unwrap
from domain.content.json_text import NotJsonError, read_json
from domain.content.judgement import CHECK, HIGHEST_SCORE, LOWEST_SCORE, Judge, Judgement
from domain.content.prompt import PromptSet, PromptTemplate
from domain.content.rendering import gather_values
from domain.content.schema import find_value_faults
from domain.content.template import render
from domain.content.text import clean_text

MOST_REASONS = 8
_LONGEST_REASON = 300
_QUOTE = 80
_TEXT = {"type": "string"}
JUDGEMENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["reasons", "score"],
    "additionalProperties": False,
    "properties": {
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["reason", "quote"],
                "additionalProperties": False,
                "properties": {"reason": _TEXT, "quote": _TEXT},
            },
        },
        "score": {"enum": list(range(LOWEST_SCORE, HIGHEST_SCORE + 1))},
    },
}
"""The reasons come first: a score that is written behind its reasons follows from them."""
_SYSTEM = "You judge texts that somebody else wrote. You are exact and fair, and you praise nothing."
_ANSWER = """\
Answer with JSON alone, of this form:

{"reasons": [{"reason": "what falls short", "quote": "words of the text"}], "score": 4}

- "reasons" are what falls short of the rubric, at most 8, each in one sentence that says how to mend it; none where \
nothing falls short. "quote" is copied from the text character by character, at most a line, or "" where the reason is \
about the whole.
- "score" is a whole number from 1 to 5: 5 where the rubric is met in full, 4 where only small things fall short, 3 \
where somebody would have to go over it, 2 where most of it falls short, 1 where it is not what was asked for."""
_USER = """\
This is the text to be judged:

{{ text }}
"""


def render_judge(prompt_set: PromptSet, inputs: Mapping[str, Any], *, asked: str, text: str) -> tuple[str, str]:
    """Return system prompt and user turn; `asked` is the user turn that the text answers.

    Raises:
        TemplateError: The text is too large for the prompt.
    """
    assert prompt_set.judge is not None
    template = prompt_set.prompts.get("judge", PromptTemplate())
    words = render(template.system or _SYSTEM, {}).strip()
    rubric = f"The rubric:\n{prompt_set.judge.rubric.strip()}"
    system = "\n\n".join((words, rubric, FENCE_RULE, _ANSWER))
    if template.user is not None:
        return system, render(template.user, {**gather_values(prompt_set, inputs), "text": text}).strip()
    return system, f"This was asked for:\n\n{asked}\n\n{render(_USER, {'text': text}).strip()}"


def read_judgement(answer: str, judge: Judge, text: str) -> tuple[Judgement, tuple[Finding, ...]] | None:
    """Read {"reasons": [{"reason", "quote"}], "score"}, or return None where the answer is something else.

    Below the threshold every reason is a finding, where it says in the text that its quote is there; a score without
    reasons is one finding.
    """
    try:
        value = read_json(unwrap(answer.strip()))
    except NotJsonError:
        return None
    if find_value_faults(JUDGEMENT_SCHEMA, value, ""):
        return None
    reasons = [(_shorten(item["reason"]), item["quote"]) for item in value["reasons"][:MOST_REASONS]]
    judgement = Judgement(
        threshold=judge.threshold, score=value["score"], reasons=tuple(reason for reason, _ in reasons)
    )
    if value["score"] >= judge.threshold:
        return judgement, ()
    falls = f"has a score of {value['score']} where the rubric asks for {judge.threshold:g}"
    findings = (_find(f"{falls}: {reason}", quote, text) for reason, quote in reasons)
    return judgement, tuple(dict.fromkeys(findings)) or (_find(f"{falls}: go over it by the rubric.", "", text),)


def _find(message: str, quote: str, text: str) -> Finding:
    start = text.find(quote) if quote.strip() else -1
    where = None if start < 0 else place_at(text, start, start + min(len(quote), _QUOTE))
    return Finding(check=CHECK, message=message, where=where)


def _shorten(reason: str) -> str:
    line = " ".join(clean_text(reason).split())
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
