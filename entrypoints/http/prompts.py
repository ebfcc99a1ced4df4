"""/prompts: the prompt sets on offer, and new versions of them."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Blueprint, Response

from domain.content.prompt import PromptVersion
from domain.content.prompt_file import read_prompt_file
from domain.errors import Fault, PromptNotFoundError, PromptSetError
from domain.user import Role
from entrypoints.http.answers import PromptDescription, PromptList, answer
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_bytes, require_content_type
from entrypoints.http.operation import Access, Link, Operation, json_of, operation
from entrypoints.http.prompt_answers import describe, summarize

blueprint = Blueprint("prompts", __name__, url_prefix="/prompts")

_OF_ONE_PROMPT = tuple(
    Link(name, {"name": "$request.path.name"}) for name in ("show_prompt", "list_versions", "compare_versions")
)
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "application/json")


@blueprint.get("")
@operation(
    Operation(
        summary="List the newest version of every prompt set",
        tag="prompts",
        answers={
            200: json_of(
                PromptList,
                "The prompt sets, by name.",
                links=(
                    Link("show_prompt", {"name": "$response.body#/prompts/0/name"}),
                    Link("list_versions", {"name": "$response.body#/prompts/0/name"}),
                ),
            )
        },
    )
)
async def list_prompts() -> Response:
    """Answer with all sets, without their templates."""
    versions = await current_services().prompts.list()
    return answer(PromptList(prompts=[summarize(version) for version in versions]))


@blueprint.get("/<name>")
@operation(
    Operation(
        summary="Show a prompt set: `name`, `name@3` or `name@label`",
        tag="prompts",
        answers={200: json_of(PromptDescription, "The prompt set.")},
        problems=(404,),
    )
)
async def show_prompt(name: str) -> Response:
    """Answer with one version; its templates are for those who may change them."""
    version = await current_services().prompts.find(name)
    return answer(describe(version, has_source=principal().has_role(Role.EDITOR)))


@blueprint.post("/<name>/versions")
@operation(
    Operation(
        summary="Publish a new version of a prompt set",
        tag="prompts",
        access=Access.EDITOR,
        request=dict[str, Any],
        request_types=YAML_TYPES,
        answers={
            200: json_of(
                PromptDescription, "The newest version is the same: nothing was published.", links=_OF_ONE_PROMPT
            ),
            201: json_of(PromptDescription, "The new version.", headers=("Location",), links=_OF_ONE_PROMPT),
        },
        problems=(400, 413, 415, 422, 503),
    )
)
async def publish_version(name: str) -> Response:
    """Publish the document in the body, a prompt set file as it stands in the folder of prompts."""
    services = current_services()
    require_content_type(*YAML_TYPES)
    read = await asyncio.to_thread(read_prompt_file, await read_bytes())
    if read.name != name:
        fault = Fault(
            pointer="/name", message=f"is {read.name}, but the address names {name[:200]}; make them the same"
        )
        raise PromptSetError("The prompt set has another name than the address.", (fault,))
    before = await _find_newest(name)
    version = await services.prompts.publish(name, content=read.content, source=read.source, author=principal().name)
    is_new = before is None or before.pin != version.pin
    address = f"{services.public_path}/prompts/{name}@{version.pin.version}"
    return answer(describe(version, has_source=True), 201 if is_new else 200, {"Location": address} if is_new else None)


async def _find_newest(name: str) -> PromptVersion | None:
    try:
        return await current_services().prompts.find(name)
    except PromptNotFoundError:
        return None
