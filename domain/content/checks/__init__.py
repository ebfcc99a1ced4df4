"""The checks, one kind a file, and how one is made from what a prompt set or a request says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from domain.content.check import Check
from domain.content.checks.assistant_talk import AssistantTalkCheck
from domain.content.checks.characters import CharactersCheck
from domain.content.checks.forbidden_pattern import ForbiddenPatternCheck
from domain.content.checks.forbidden_phrases import ForbiddenPhrasesCheck
from domain.content.checks.front_matter import FrontMatterCheck
from domain.content.checks.guarded import GuardedCheck, Report, guard
from domain.content.checks.headings import HeadingsCheck
from domain.content.checks.json_schema import JsonSchemaCheck
from domain.content.checks.keywords import KeywordsCheck
from domain.content.checks.kind import KindCheck, find_kind_fault
from domain.content.checks.language import LanguageCheck
from domain.content.checks.links import LinksCheck
from domain.content.checks.markdown import MarkdownCheck
from domain.content.checks.option import OptionError
from domain.content.checks.placeholders import PlaceholdersCheck
from domain.content.checks.readability import ReadabilityCheck
from domain.content.checks.reading_level import ReadingLevelCheck
from domain.content.checks.repetition import RepetitionCheck
from domain.content.checks.required_pattern import RequiredPatternCheck
from domain.content.checks.required_phrases import RequiredPhrasesCheck
from domain.content.checks.sentences import SentencesCheck
from domain.content.checks.truncation import truncated_finding
from domain.content.checks.words import WordsCheck
from domain.content.json_value import find_json_faults, join_pointer
from domain.content.schema import find_value_faults
from domain.content.schema_extent import find_vast_faults
from domain.content.spelling import suggest
from domain.errors import Fault, InvalidRequestError

__all__ = [
    "CHECK_KINDS",
    "KindCheck",
    "add_check_kinds",
    "cheapest_first",
    "find_missing_kinds",
    "make_check",
    "truncated_finding",
]

_CLASSES: tuple[type[KindCheck], ...] = (
    CharactersCheck,
    WordsCheck,
    RequiredPhrasesCheck,
    ForbiddenPhrasesCheck,
    RequiredPatternCheck,
    ForbiddenPatternCheck,
    AssistantTalkCheck,
    PlaceholdersCheck,
    HeadingsCheck,
    FrontMatterCheck,
    LinksCheck,
    KeywordsCheck,
    MarkdownCheck,
    LanguageCheck,
    SentencesCheck,
    ReadabilityCheck,
    ReadingLevelCheck,
    RepetitionCheck,
    JsonSchemaCheck,
)
CHECK_KINDS: Mapping[str, type[KindCheck]] = {check.kind: check for check in _CLASSES}
"""Our own, by name, the cheapest first."""


def _tell_nobody(_kind: str, _error: BaseException) -> None:
    """Where no kind was added, none can break."""


@define
class _Added:
    """What third parties brought; it is set at the start of a process and then only read."""

    kinds: Mapping[str, type[KindCheck]] = field(factory=dict)
    report: Report = field(default=_tell_nobody)


_ADDED = _Added()
_ON = {"enum": ["draft", "output"]}


def add_check_kinds(kinds: Iterable[Any], report: Report) -> tuple[str, ...]:
    """Make third parties' kinds known to this process, in the place of those that were added before.

    `report` is called when one of their checks breaks. Returns what is wrong with those that can't be used.
    """
    added: dict[str, type[KindCheck]] = {}
    faults = []
    for kind in kinds:
        fault = find_kind_fault(kind, {**CHECK_KINDS, **added})
        if fault is None:
            added[kind.kind] = kind
        else:
            faults.append(f"{getattr(kind, '__module__', '?')}.{getattr(kind, '__qualname__', kind)} {fault}")
    _ADDED.kinds, _ADDED.report = added, report
    return tuple(faults)


def make_check(spec: Mapping[str, Any], *, pointer: str = "") -> Check:
    """Make a check from {check: kind, on: draft or output, ...options}.

    Raises:
        InvalidRequestError: It is none; `faults` point into `pointer`.
    """
    faults = _find_faults(spec, pointer)
    if faults:
        raise InvalidRequestError("A check can't be used as it is.", faults)
    name, options = spec["check"], {name: value for name, value in spec.items() if name != "check"}
    try:
        return _make_added(name, options) if name in _ADDED.kinds else _make(CHECK_KINDS[name], options)
    except OptionError as error:
        fault = Fault(pointer=pointer + error.pointer, message=str(error))
        raise InvalidRequestError("A check can't be used as it is.", (fault,)) from None


def find_missing_kinds(specs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the kinds of these checks that this process does not know, as when a third party's package is gone."""
    names = dict.fromkeys(str(spec.get("check")) for spec in specs)
    return tuple(name for name in names if name not in CHECK_KINDS and name not in _ADDED.kinds)


def cheapest_first(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Order checks by what a judgement costs; equally cheap ones keep their order."""
    places: Mapping[type, int] = {kind: place for place, kind in enumerate(_CLASSES)}
    return tuple(sorted(checks, key=lambda check: places.get(type(check), len(places))))


def _make(kind: Callable[..., Check], options: Mapping[str, Any]) -> Check:
    return kind(**options)


def _make_added(name: str, options: Mapping[str, Any]) -> GuardedCheck:
    try:
        return guard(name, _make(_ADDED.kinds[name], options), _ADDED.report)
    except OptionError:
        raise
    except Exception as error:
        _ADDED.report(name, error)
        raise OptionError("", f"can't be made, because the check {name} broke ({type(error).__name__})") from error


def _find_faults(spec: object, pointer: str) -> tuple[Fault, ...]:
    if not isinstance(spec, Mapping):
        return (Fault(pointer=pointer, message="must be an object like {check: words, min: 100}"),)
    spec = dict(spec)
    faults = find_vast_faults(spec, pointer) or find_json_faults(spec, pointer)
    if faults:
        return faults
    kind, kinds = spec.get("check"), {**CHECK_KINDS, **_ADDED.kinds}
    known = f"the checks are {', '.join(kinds)}"
    if kind is None:
        return (Fault(pointer=join_pointer(pointer, "check"), message=f"is missing: {known}"),)
    if not isinstance(kind, str) or kind not in kinds:
        message = f"is no check{suggest(str(kind), kinds)}; {known}"
        return (Fault(pointer=join_pointer(pointer, "check"), message=message),)
    return _find_option_faults(spec, kinds[kind], pointer)


def _find_option_faults(spec: Mapping[str, Any], kind: type[KindCheck], pointer: str) -> tuple[Fault, ...]:
    properties = {"check": {"type": "string"}, "on": _ON, **kind.options.get("properties", {})}
    known = f"; its options are {', '.join(name for name in properties if name != 'check')}"
    unknown = tuple(
        Fault(
            pointer=join_pointer(pointer, name),
            message=f"is not an option of {kind.kind}{suggest(name, properties) or known}",
        )
        for name in spec
        if name not in properties
    )
    schema = {"type": "object", **kind.options, "properties": properties}
    return unknown + find_value_faults(schema, dict(spec), pointer)
