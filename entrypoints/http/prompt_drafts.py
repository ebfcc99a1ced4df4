"""/prompts/check and /prompts/preview: a prompt set tried out before anybody publishes it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from msgspec import Meta, Struct
from quart import Blueprint, Response

from domain.content.prompt import PromptSet
from domain.content.prompt_file import read_prompt_file
from domain.content.prompt_set import parse_prompt_set
from domain.content.rendering import render_generator
from domain.content.schema import apply_defaults, find_value_faults
from domain.errors import Fault, InvalidRequestError, PromptSetError
from domain.run.model import OutputFormat
from entrypoints.http.answers import answer
from entrypoints.http.authenticate import current_services
from entrypoints.http.bodies import read_body
from entrypoints.http.operation import Access, Operation, json_of, operation
from entrypoints.http.prompt_answers import DraftVerdict, RenderedPrompt, describe_draft, describe_fault
from entrypoints.http.requests import Name

blueprint = Blueprint("prompt_drafts", __name__, url_prefix="/prompts")

Content = Annotated[str, Meta(description="A prompt set in YAML, of which JSON is a part.")]


class CheckBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft."""

    content: Content


class PreviewBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Either a draft or a reference like "name@3", and inputs; without inputs the set's first sample is taken."""

    content: Content | None = None
    prompt: Name | None = None
    inputs: dict[str, Any] | None = None
    output_format: OutputFormat | None = None


@blueprint.post("/check")
@operation(
    Operation(
        summary="Say what is wrong with a draft of a prompt set, without publishing it",
        tag="prompts",
        access=Access.EDITOR,
        request=CheckBody,
        answers={200: json_of(DraftVerdict, "Its faults, with their lines, or what it says.")},
        problems=(400, 413, 415, 422),
    )
)
async def check_draft() -> Response:
    """Answer with every fault; none means that it could be published as it is."""
    body = await read_body(CheckBody)
    return answer(await asyncio.to_thread(_judge, body.content))


@blueprint.post("/preview")
@operation(
    Operation(
        summary="Show what the model would be told, by a draft or a published version",
        tag="prompts",
        access=Access.EDITOR,
        request=PreviewBody,
        answers={200: json_of(RenderedPrompt, "The generator's prompts, and the inputs that fill them.")},
        problems=(400, 404, 413, 415, 422),
    )
)
async def preview_prompt() -> Response:
    """Answer with system prompt and user turn; a draft's faults are told with their lines and point into the draft."""
    body = await read_body(PreviewBody)
    if (body.content is None) == (body.prompt is None):
        fault = Fault(pointer="/content", message="must be given, or prompt; one of the two")
        raise InvalidRequestError("Say which prompt set to preview.", (fault,))
    content = None
    if body.prompt is not None:
        content = (await current_services().prompts.find(body.prompt)).content
    return answer(await asyncio.to_thread(_preview, body, content))


def _judge(content: str) -> DraftVerdict:
    try:
        read = read_prompt_file(content.encode("utf-8", "surrogatepass"))
    except PromptSetError as error:
        return DraftVerdict(faults=[describe_fault(fault) for fault in error.faults], prompt=None)
    return DraftVerdict(faults=[], prompt=describe_draft(read.prompt_set))


def _preview(body: PreviewBody, published: bytes | None) -> RenderedPrompt:
    if published is None:
        prompt_set = read_prompt_file((body.content or "").encode("utf-8", "surrogatepass")).prompt_set
    else:
        prompt_set = parse_prompt_set(published)
    inputs = apply_defaults(prompt_set.inputs, _choose_inputs(body, prompt_set))
    if faults := find_value_faults(prompt_set.inputs, inputs, "/inputs"):
        raise InvalidRequestError("The inputs don't fit the prompt set.", faults)
    system, user = render_generator(prompt_set, inputs, output_format=body.output_format)
    return RenderedPrompt(system=system, user=user, inputs=inputs)


def _choose_inputs(body: PreviewBody, prompt_set: PromptSet) -> dict[str, Any]:
    if body.inputs is not None:
        return body.inputs
    return dict(next(iter(prompt_set.samples), {}))
