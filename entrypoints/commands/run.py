"""`galley run`: one run, here or at a server, shown as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import click
from attrs import frozen

from domain.content.prompt import PromptVersion
from domain.content.prompt_set import parse_prompt_set
from domain.content.spelling import suggest
from domain.errors import PromptNotFoundError
from domain.ports import PromptStore
from domain.run.events import RunCompleted
from domain.run.history import History
from domain.run.limits import LIMIT_NAMES
from domain.run.model import RunRequest
from entrypoints.commands.configuration import load_settings
from entrypoints.commands.inputs import read_inputs, read_json, read_number, split_pairs
from entrypoints.commands.output import make_file, write_text
from entrypoints.commands.remote import open_server, server_option, username_option
from entrypoints.commands.watching import watch
from entrypoints.local_run import LocalRun

SUCCESS: Final = 0
NO_SUCCESS: Final = 1


@frozen(kw_only=True)
class Wish:
    """What was asked for on the command line, before the prompt set's schema is known."""

    prompt: str
    pairs: tuple[str, ...]
    file: Path | None
    is_sample: bool
    options: Mapping[str, Any]

    def make_body(self, schema: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the request of the run as JSON has it; inputs that are given stand in the place of a sample's.

        Raises:
            click.UsageError: An input is not of its type, or there is no sample.
        """
        if self.is_sample and not samples:
            raise click.UsageError(f"{self.prompt} has no sample inputs; give inputs with -i.")
        sample = samples[0] if self.is_sample else {}
        inputs = {**sample, **read_inputs(self.pairs, self.file, schema)}
        return {"prompt": self.prompt, "inputs": inputs, **self.options}


@click.command(
    help="""Run the prompt set PROMPT ("name", "name@3" or "name@label") and show how its text comes about.

    The text goes to stdout, or to a file, when it is done; everything else goes to stderr. So the output can be piped:

    \b
      galley run blog-post -i topic="Desk lamps" > post.md
      galley run product-description -i product=Lamp -i audience=Students -i facts=LED -i facts=Oak
      galley run faq --input-file product.json --json | jq .type
      galley run newsletter --sample --output letter.docx

    It runs in this process, with the prompt sets in ./prompts and nothing kept, or at a server with --server. Exit
    code: 0 when the text has passed its checks, 1 when the run ended otherwise, 2 for a mistake in the call, 130 after
    Ctrl-C, which cancels the run.
    """
)
@click.argument("prompt")
@click.option(
    "-i",
    "--input",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="An input; again for each item of a list; KEY=@FILE reads a file.",
)
@click.option(
    "--input-file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A JSON object of inputs; - is stdin.",
)
@click.option("--sample", "is_sample", is_flag=True, help="Take the prompt set's own sample inputs, with -i over them.")
@click.option("--model", help="The model to write with; a,b,c: the first of them that can be had.")
@click.option(
    "--format", "output_format", type=click.Choice(["markdown", "html", "json", "text"]), help="Output format."
)
@click.option("--limit", "limits", multiple=True, metavar="NAME=NUMBER", help=f"A limit: {', '.join(LIMIT_NAMES)}.")
@click.option("--check", "checks", multiple=True, metavar="JSON", help="One more check, as prompt sets write them.")
@click.option("--json", "as_json", is_flag=True, help="Write every event as a line of JSON to stdout instead.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the text to this file; its ending says as what: .md, .html, .txt, .json or .docx.",
)
@server_option("Run at this server instead of here.")
@username_option
def command(
    prompt: str,
    pairs: tuple[str, ...],
    file: Path | None,
    is_sample: bool,
    model: str | None,
    output_format: str | None,
    limits: tuple[str, ...],
    checks: tuple[str, ...],
    as_json: bool,
    output: Path | None,
    server: str | None,
    username: str,
) -> int:
    """Run it and return the exit code."""
    options = {
        "model": _read_models(model),
        "output_format": output_format,
        "limits": _read_limits(limits),
        "checks": _read_checks(checks),
    }
    wish = Wish(
        prompt=prompt,
        pairs=pairs,
        file=file,
        is_sample=is_sample,
        options={name: value for name, value in options.items() if value},
    )
    if output is not None and not output.parent.is_dir():
        raise click.UsageError(f"--output: the folder {output.parent} does not exist.")
    if server is None:
        history = asyncio.run(_run_here(wish, as_json))
    else:
        history = asyncio.run(_run_there(wish, as_json, server, username))
    return _finish(history, as_json, output, title=prompt.partition("@")[0])


async def _run_here(wish: Wish, as_json: bool) -> History:
    # Adapters and the HTTP client take 0.2 s each to import, and a run needs one of the two.
    from entrypoints.bootstrap import open_core

    settings = load_settings()
    async with open_core(attrs.evolve(settings, store_url="memory:", workers=1, retention_days=0.0)) as core:
        version = await _find_prompt(core.store.prompts, wish.prompt)
        prompt_set = parse_prompt_set(version.content)
        body = wish.make_body(prompt_set.inputs, prompt_set.samples)
        run = LocalRun(core)
        return await watch(run.follow(RunRequest(**body)), as_json=as_json, cancel=run.cancel)


async def _find_prompt(prompts: PromptStore, reference: str) -> PromptVersion:
    try:
        return await prompts.find(reference)
    except PromptNotFoundError as error:
        known = [version.pin.name for version in await prompts.list()]
        near = suggest(reference.partition("@")[0], known) or f"; there are {', '.join(known) or 'none'}."
        raise click.UsageError(f"{error.message.rstrip('.')}{near}") from error


async def _run_there(wish: Wish, as_json: bool, server: str, username: str) -> History:
    async with open_server(server, username) as remote:
        body = wish.make_body(*await remote.find_inputs(wish.prompt))
        return await watch(remote.follow(body), as_json=as_json, cancel=remote.cancel)


def _read_models(text: str | None) -> str | tuple[str, ...] | None:
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    return names if len(names) > 1 else names[0] if names else None


def _read_limits(pairs: tuple[str, ...]) -> dict[str, float]:
    limits: dict[str, float] = {}
    for name, text in split_pairs(pairs, "--limit"):
        try:
            limits[name] = read_number(text)
        except ValueError:
            raise click.UsageError(f"--limit {name} takes a number, not {text!r}.") from None
    return limits


def _read_checks(texts: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    checks = []
    for text in texts:
        try:
            check = read_json(text)
        except ValueError as error:
            raise click.UsageError(f"--check is not JSON: {error}.") from error
        if not isinstance(check, dict):
            raise click.UsageError('--check takes an object such as {"check": "words", "max": 160}.')
        checks.append(check)
    return tuple(checks)


def _finish(history: History, as_json: bool, output: Path | None, *, title: str) -> int:
    """Hand the text over and return the exit code; a text that is there is never dropped."""
    end = history.terminal
    if not isinstance(end, RunCompleted):
        return NO_SUCCESS
    if output is not None:
        try:
            output.write_bytes(make_file(end, output.suffix, title=title))
        except OSError as error:
            click.echo(end.output)
            raise click.UsageError(f"{output} can't be written ({error.strerror}); the text is on stdout.") from error
    elif not as_json:
        write_text(end.output)
    return SUCCESS if end.success else NO_SUCCESS
