"""`galley prompts`: listing, comparing, checking, publishing and labelling prompt sets, beside a server too."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from difflib import unified_diff
from pathlib import Path
from typing import Final

import click

from domain.content.prompt import PromptVersion
from domain.content.prompt_file import FileFaults, PromptFile, read_prompt_file
from domain.content.prompt_set import parse_prompt_set
from domain.errors import Fault, PromptNotFoundError, PromptSetError
from domain.ports import PromptStore
from entrypoints.bootstrap import open_registry, read_prompt_folder
from entrypoints.check_kinds import load_check_kinds
from entrypoints.commands.configuration import load_settings
from entrypoints.commands.output import write_text
from entrypoints.printable import make_printable

BROKEN: Final = 1
_path = click.Path(path_type=Path, dir_okay=False)


@click.group(help="List, show, compare, check, publish and label prompt sets, also beside a running server.")
def command() -> None:
    """Hold the commands, which know the checks of installed packages as the server does."""
    for fault in load_check_kinds():
        click.echo(f"galley: {make_printable(fault)}", err=True)


@command.command("list", help="List the newest version of every prompt set.")
def list_prompts() -> None:
    """List prompt sets."""

    async def show(prompts: PromptStore) -> None:
        versions = await prompts.list()
        if not versions:
            click.echo("There are no prompt sets yet; galley serve publishes those in its folder.", err=True)
        rows = [(_name(version), version) for version in versions]
        width = max((len(reference) for reference, _ in rows), default=0)
        for reference, version in rows:
            title = make_printable(parse_prompt_set(version.content).title)
            labels = f"  [{', '.join(version.labels)}]" if version.labels else ""
            click.echo(f"{reference:<{width}}  {version.published_at:%Y-%m-%d}  {title}{labels}")

    _with_prompts(show)


@command.command("show", help='Write the YAML of a prompt set to stdout: "name", "name@3" or "name@label".')
@click.argument("reference", metavar="NAME")
def show_prompt(reference: str) -> None:
    """Show one prompt set."""

    async def show(prompts: PromptStore) -> None:
        write_text((await prompts.find(reference)).source)

    _with_prompts(show)


@command.command(
    "check", help="Check prompt set files, those of the folder of prompt sets by default. Exit code 1: faults."
)
@click.argument("paths", metavar="[FILES]...", nargs=-1, type=_path)
def check_prompts(paths: tuple[Path, ...]) -> int:
    """Tell every fault as file:line: field: what is wrong."""
    if paths:
        read = [_read(path) for path in paths]
        files = [found for found in read if isinstance(found, PromptFile)]
        broken = [found for found in read if isinstance(found, FileFaults)]
    else:
        in_folder, in_folder_broken = read_prompt_folder(load_settings())
        files, broken = list(in_folder), list(in_folder_broken)
    for faults in broken:
        for line in faults.lines:
            click.echo(make_printable(line))
    click.echo(f"{len(files)} of {len(files) + len(broken)} prompt set files can be used.", err=True)
    return BROKEN if broken else 0


@command.command("publish", help="Publish a prompt set file as the next version; the same content makes none.")
@click.argument("path", metavar="FILE", type=_path)
def publish_prompt(path: Path) -> int:
    """Publish one file."""
    found = _read(path)
    if isinstance(found, FileFaults):
        for line in found.lines:
            click.echo(make_printable(line), err=True)
        return BROKEN
    file = found

    async def publish(prompts: PromptStore) -> None:
        before = await _find_newest(prompts, file.name)
        version = await prompts.publish(file.name, content=file.content, source=file.source, author=getpass.getuser())
        said = "is the newest version already" if version.pin.version == before else "was published"
        click.echo(f"{file.name}@{version.pin.version} {said}.")

    _with_prompts(publish)
    return 0


@command.command(
    "label", help='Let a label such as "production" mean a version: galley prompts label faq@3 production.'
)
@click.argument("reference", metavar="NAME@VERSION")
@click.argument("label", metavar="LABEL")
def label_prompt(reference: str, label: str) -> None:
    """Move a label; runs that exist keep their version."""

    async def point(prompts: PromptStore) -> None:
        pin = (await prompts.find(reference)).pin
        await prompts.label(pin.name, label, pin.version)
        click.echo(f"{pin.name}@{label} is {pin.name}@{pin.version} now.")

    _with_prompts(point)


@command.command("diff", help="Show what is different between two versions, like faq@2 and faq@production.")
@click.argument("before", metavar="OLDER")
@click.argument("after", metavar="NEWER")
def compare_prompts(before: str, after: str) -> None:
    """Write a unified diff of two versions' YAML to stdout."""

    async def compare(prompts: PromptStore) -> None:
        older, newer = await prompts.find(before), await prompts.find(after)
        sides = (older.source.splitlines(), newer.source.splitlines())
        for line in unified_diff(*sides, fromfile=_name(older), tofile=_name(newer), lineterm=""):
            click.echo(make_printable(line))

    _with_prompts(compare)


def _name(version: PromptVersion) -> str:
    return f"{version.pin.name}@{version.pin.version}"


def _read(path: Path) -> PromptFile | FileFaults:
    try:
        return read_prompt_file(path.read_bytes(), path.name)
    except OSError as error:
        return FileFaults(path=str(path), faults=(Fault(pointer="", message=f"can't be read: {error.strerror}"),))
    except PromptSetError as error:
        return FileFaults(path=str(path), faults=error.faults)


async def _find_newest(prompts: PromptStore, name: str) -> int:
    try:
        return (await prompts.find(name)).pin.version
    except PromptNotFoundError:
        return 0


def _with_prompts(work: Callable[[PromptStore], Awaitable[None]]) -> None:
    settings = load_settings()

    async def open_and_work() -> None:
        async with open_registry(settings) as registry:
            await work(registry.records.prompts)

    asyncio.run(open_and_work())
