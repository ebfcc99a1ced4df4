"""/prompts/{name}/...: the versions of a prompt set, what is different between two, and the labels that name one."""

from __future__ import annotations

import asyncio
from typing import Annotated

import attrs
import msgspec
from msgspec import Meta, Struct
from quart import Blueprint, Response

from domain.content.change import find_changes
from domain.content.prompt import PromptVersion
from domain.errors import PromptNotFoundError
from entrypoints.http.answers import PromptDescription, answer
from entrypoints.http.authenticate import current_services
from entrypoints.http.bodies import read_body
from entrypoints.http.operation import Access, Operation, json_of, operation
from entrypoints.http.prompt_answers import (
    VersionChange,
    VersionDiff,
    VersionList,
    describe,
    summarize_version,
)
from entrypoints.http.queries import read_query

blueprint = Blueprint("prompt_versions", __name__, url_prefix="/prompts/<name>")

Version = Annotated[int, Meta(ge=1, le=999_999_999)]
VersionOrLabel = Annotated[str, Meta(min_length=1, max_length=64)]


class VersionsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which versions to list: `limit` of those before version `before`."""

    before: Version | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class DiffQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_version": "from", "to_version": "to"}):
    """Two versions, by number or label: `to` is the newest one by default, and `from` the one before `to`."""

    from_version: VersionOrLabel | None = None
    to_version: VersionOrLabel | None = None


class LabelBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The version that a label is to mean from now on."""

    version: Version


@blueprint.get("/versions")
@operation(
    Operation(
        summary="List the versions of a prompt set, the newest first",
        tag="prompts",
        query=VersionsQuery,
        answers={200: json_of(VersionList, "One page of versions.")},
        problems=(404, 422),
    )
)
async def list_versions(name: str) -> Response:
    """Answer with one page; versions count from 1 without holes, so a page is found by its numbers."""
    query = read_query(VersionsQuery)
    newest = (await _find(name)).pin.version
    last = newest if query.before is None else min(newest, query.before - 1)
    first = max(1, last - query.limit + 1)
    found = await asyncio.gather(*(_find(name, str(number)) for number in range(last, first - 1, -1)))
    return answer(
        VersionList(versions=[summarize_version(version) for version in found], next=first if first > 1 else None)
    )


@blueprint.get("/diff")
@operation(
    Operation(
        summary="Compare two versions of a prompt set",
        tag="prompts",
        access=Access.EDITOR,
        query=DiffQuery,
        answers={200: json_of(VersionDiff, "What is different.")},
        problems=(404, 422),
    )
)
async def compare_versions(name: str) -> Response:
    """Answer with every change, templates included: so it is for those who may change them."""
    query = read_query(DiffQuery)
    to = await _find(name, query.to_version)
    before = query.from_version or str(max(1, to.pin.version - 1))
    return answer(_compare(await _find(name, before), to))


@blueprint.put("/labels/<label>")
@operation(
    Operation(
        summary="Let a label such as `production` mean a version from now on",
        tag="prompts",
        access=Access.EDITOR,
        request=LabelBody,
        answers={200: json_of(PromptDescription, "The version that has the label now.")},
        problems=(400, 404, 413, 415, 422, 503),
    )
)
async def set_label(name: str, label: str) -> Response:
    """Move the label; runs that exist keep the version that they were admitted with."""
    body = await read_body(LabelBody)
    await _find(name, str(body.version))
    await current_services().prompts.label(name, label, body.version)
    return answer(describe(await _find(name, str(body.version)), has_source=True))


async def _find(name: str, version: str | None = None) -> PromptVersion:
    """Return a version by number or label, the newest one where neither is given; `name` is the bare name.

    Raises:
        PromptNotFoundError: There is none.
    """
    if "@" in name:
        raise PromptNotFoundError(f"There is no prompt set {name[:200]}: its versions are asked for by its bare name.")
    return await current_services().prompts.find(name if version is None else f"{name}@{version}")


def _compare(before: PromptVersion, after: PromptVersion) -> VersionDiff:
    changes = find_changes(msgspec.json.decode(before.content), msgspec.json.decode(after.content))
    return VersionDiff(
        name=after.pin.name,
        from_version=before.pin.version,
        to_version=after.pin.version,
        changes=[VersionChange(**attrs.asdict(change, recurse=False)) for change in changes],
    )
