"""Prompt sets in a folder of YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from domain.content.prompt_file import SOURCE_LIMIT, FileFaults, PromptFile, read_prompt_file
from domain.errors import Fault, PromptSetError

_SUFFIXES: Final = (".yaml", ".yml")


def read_prompt_files(folder: Path) -> tuple[tuple[PromptFile, ...], tuple[FileFaults, ...]]:
    """Read the *.yaml and *.yml files of a folder, by name: what can be used, and what is wrong with the others.

    Hidden files are left out: editors keep their own there.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if _is_prompt_file(path))
    except OSError as error:
        reason = f"can't be read as the folder of prompt set files: {error.strerror}; check PROMPTS"
        return (), (FileFaults(path=str(folder), faults=(Fault(pointer="", message=reason),)),)
    files: dict[str, PromptFile] = {}
    broken: list[FileFaults] = []
    for path in paths:
        try:
            found = _read(path)
            _refuse_twin(found, files)
        except PromptSetError as error:
            broken.append(FileFaults(path=path.name, faults=error.faults))
        else:
            files[found.name] = found
    return tuple(files.values()), tuple(broken)


def _read(path: Path) -> PromptFile:
    try:
        with path.open("rb") as file:
            data = file.read(SOURCE_LIMIT + 1)
    except OSError as error:
        fault = Fault(pointer="", message=f"can't be read: {error.strerror}")
        raise PromptSetError("The prompt set file can't be read.", (fault,)) from None
    return read_prompt_file(data, path.name)


def _is_prompt_file(path: Path) -> bool:
    is_named = path.suffix in _SUFFIXES and not path.name.startswith(".")
    # A broken link is told as a fault; what is neither file nor link, such as a pipe, would be read for ever.
    return is_named and (path.is_file() or path.is_symlink())


def _refuse_twin(found: PromptFile, files: dict[str, PromptFile]) -> None:
    twin = files.get(found.name)
    if twin is not None:
        message = f"has the same name as {twin.path}, which is used; remove one of the two files"
        raise PromptSetError("Two files have the same name.", (Fault(pointer="", message=message),))
