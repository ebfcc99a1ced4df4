"""Reading a run's inputs from the command line, typed by the prompt set's schema."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
import msgspec

T = TypeVar("T")

_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})


def split_pairs(pairs: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Split each "key=value" at its first equals sign.

    Raises:
        click.UsageError: One has none, or nothing before it.
    """
    split = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not key or not sign:
            raise click.UsageError(f"{option} takes key=value, not {pair!r}.")
        split.append((key, value))
    return split


def read_inputs(pairs: Iterable[str], file: Path | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's inputs with those of `pairs` laid over them.

    A value is read as its property's type; one of an array adds an item; "@file" stands for a file's text and "@@" for
    a text that begins with "@". What the schema does not know stays text, for admission to judge.

    Raises:
        click.UsageError: A value is not of its type, or a file can't be read.
    """
    inputs = _read_object(file) if file is not None else {}
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    added: set[str] = set()
    for key, text in split_pairs(pairs, "-i"):
        about = properties.get(key, {})
        value = _resolve(key, text)
        if "array" not in _types(about):
            if key in added:
                raise click.UsageError(f"-i {key} is given twice, but takes one value.")
            inputs[key] = _read_value(key, value, about)
        elif key in added:
            inputs[key].append(_read_value(key, value, about.get("items", {})))
        else:
            inputs[key] = [_read_value(key, value, about.get("items", {}))]
        added.add(key)
    _refuse_broken_text(inputs)
    return inputs


def read_number(text: str) -> float:
    """Return a number, a whole one where it is written so.

    Raises:
        ValueError: It is none, or not finite.
    """
    number = int(text) if text.lstrip("-").isdecimal() else float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is none; NaN and Infinity are not JSON (RFC 8259).
    """
    return json.loads(text, parse_constant=_refuse_constant)


def read_text(path: Path) -> str:
    """Return a file's text, that of stdin for "-".

    Raises:
        click.UsageError: It can't be read, or is not UTF-8.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise click.UsageError(f"{path} is not a text in UTF-8.") from error


def _read_object(file: Path) -> dict[str, Any]:
    try:
        value = read_json(read_text(file))
    except ValueError as error:
        raise click.UsageError(f"{file} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise click.UsageError(f"{file} must hold a JSON object of inputs.")
    return value


def _resolve(key: str, text: str) -> str:
    if text.startswith("@@"):
        return text[1:]
    if text.startswith("@"):
        if text == "@":
            raise click.UsageError(f"-i {key}=@ names no file; give @file, or @@ for a text that begins with @.")
        return read_text(Path(text[1:]))
    return text


def _types(about: Mapping[str, Any]) -> tuple[str, ...]:
    kind = about.get("type", ())
    return (kind,) if isinstance(kind, str) else tuple(kind)


def _read_value(key: str, text: str, about: Mapping[str, Any]) -> Any:
    kinds = [kind for kind in _types(about) if kind in _READERS]
    if not kinds or "string" in _types(about):
        return text
    for kind in kinds:
        read = _READERS[kind]
        try:
            return read(text.strip())
        except ValueError:
            continue
    wanted = " or ".join(_WORDS[kind] for kind in kinds)
    raise click.UsageError(f"-i {key} takes {wanted}, not {text!r}.")


def _read_boolean(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError
    return text.lower() in _YES


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


def _refuse_broken_text(inputs: Mapping[str, Any]) -> None:
    try:
        msgspec.json.encode(inputs)
    except UnicodeEncodeError as error:
        raise click.UsageError("An input has bytes or escapes that are no text in UTF-8.") from error


def _read_json(kind: type[T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        value = read_json(text)
        if not isinstance(value, kind):
            raise ValueError  # noqa: TRY004 - all of these are texts of the wrong form
        return value

    return read


def _read_null(text: str) -> None:
    if text != "null":
        raise ValueError


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "integer": int,
    "number": read_number,
    "boolean": _read_boolean,
    "object": _read_json(dict),
    "array": _read_json(list),
    "null": _read_null,
}
_WORDS: Final[Mapping[str, str]] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a JSON array",
    "null": "null",
}
