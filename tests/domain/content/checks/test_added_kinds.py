from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from attrs import field, frozen

from domain.content.check import PrefixCheck
from domain.content.checks import add_check_kinds, cheapest_first, make_check
from domain.content.checks.option import OptionError
from domain.content.checks.words import WordsCheck
from domain.content.finding import Finding, Place
from domain.errors import Fault, InvalidRequestError


@frozen(kw_only=True)
class ExclamationsCheck:
    """At most `max` exclamation marks."""

    kind: ClassVar[str] = "acme_exclamations"
    options: ClassVar[dict[str, Any]] = {"required": ["max"], "properties": {"max": {"type": "integer"}}}

    max: int = field()
    on: str = "output"

    def __attrs_post_init__(self) -> None:
        if self.max < 0:
            raise OptionError("/max", "must not be negative")
        if self.max > 1000:
            raise ZeroDivisionError

    def judge(self, text: str) -> Any:
        count = text.count("!")
        return [Finding(check="x", message=f"has {count} exclamation marks: use {self.max}.")] * (count > self.max)

    def scan(self, text: str, start: int) -> Any:
        return next(iter(self.judge(text)), None)


def odd(name: str, result: Any) -> type[Any]:
    """Make a kind whose judgement and scan return something, or raise it."""

    class OddCheck:
        kind = name
        options: ClassVar[dict[str, Any]] = {}

        def __init__(self, on: str = "output") -> None:
            self.on = on

        def judge(self, text: str) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

        def scan(self, text: str, start: int) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

    return OddCheck


@pytest.fixture
def reported() -> Iterator[list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []
    yield found
    add_check_kinds((), lambda *_: None)


def add(reported: list[tuple[str, str]], *kinds: Any) -> tuple[str, ...]:
    return add_check_kinds(kinds, lambda kind, error: reported.append((kind, type(error).__name__)))


def find(spec: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(InvalidRequestError) as raised:
        make_check(spec)
    return raised.value.faults


def test_an_added_kind_is_a_check_like_any_other(reported: list[tuple[str, str]]) -> None:
    assert add(reported, ExclamationsCheck) == ()
    check = make_check({"check": "acme_exclamations", "max": 1, "on": "draft"})

    assert check.on == "draft"
    assert check.judge("Hello!") == ()
    assert check.judge("Oh!!") == (Finding(check="acme_exclamations", message="has 2 exclamation marks: use 1."),)
    assert isinstance(check, PrefixCheck)
    assert (check.scan("Oh!", 0), check.scan("Oh!!", 0)) == (None, check.judge("Oh!!")[0])
    assert cheapest_first([check, WordsCheck(min=1)]) == (WordsCheck(min=1), check)


def test_its_options_are_checked_like_ours(reported: list[tuple[str, str]]) -> None:
    add(reported, ExclamationsCheck)

    assert find({"check": "acme_exclamation"})[0].message.startswith("is no check; did you mean acme_exclamations?")
    assert find({"check": "acme_exclamations", "max": "x"}) == (
        Fault(pointer="/max", message="must be a whole number"),
    )
    assert find({"check": "acme_exclamations", "max": -1}) == (Fault(pointer="/max", message="must not be negative"),)


def test_one_that_can_not_be_made_is_a_fault_and_reported(reported: list[tuple[str, str]]) -> None:
    add(reported, ExclamationsCheck)

    assert find({"check": "acme_exclamations", "max": 5000}) == (
        Fault(pointer="", message="can't be made, because the check acme_exclamations broke (ZeroDivisionError)"),
    )
    assert reported == [("acme_exclamations", "ZeroDivisionError")]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (ValueError("secret"), "ValueError"),
        (SystemExit(3), "SystemExit"),
        (RecursionError(), "RecursionError"),
        (None, "TypeError"),
        (["text"], "TypeError"),
        ([Finding(check="a", message="b", where="here")], "TypeError"),  # type: ignore[arg-type]
        ([Finding(check="a", message=5)], "TypeError"),  # type: ignore[arg-type]
        ([Finding(check="a", message="b", where=Place(line=0))], "TypeError"),
        ([Finding(check="a", message="b", where=Place(line="1"))], "TypeError"),  # type: ignore[arg-type]
    ],
)
def test_one_that_breaks_is_a_finding_and_reported(reported: list[tuple[str, str]], result: Any, error: str) -> None:
    add(reported, odd("acme_odd", result))

    assert make_check({"check": "acme_odd"}).judge("any") == (
        Finding(
            check="acme_odd",
            message=f"could not be checked, because the check acme_odd broke ({error}): change nothing for it; "
            "the operator has to mend the check.",
        ),
    )
    assert reported == [("acme_odd", error)]


def test_one_that_breaks_while_the_text_grows_waits_for_the_whole(reported: list[tuple[str, str]]) -> None:
    add(reported, odd("acme_odd", ValueError()))
    check = make_check({"check": "acme_odd"})

    assert isinstance(check, PrefixCheck)
    assert check.scan("any", 0) is None
    assert reported == [("acme_odd", "ValueError")]


def test_findings_are_made_fit_for_every_encoder_and_bounded(reported: list[tuple[str, str]]) -> None:
    where = Place(line=1, column=2, quote="\ud800" * 99, pointer="/\udfff")
    add(reported, odd("acme_odd", [Finding(check="x", message="\ud800" * 9_999, where=where)] * 99))

    found = make_check({"check": "acme_odd"}).judge("any")

    place = Place(line=1, column=2, quote="\ufffd" * 80, pointer="/\ufffd")
    assert found == (Finding(check="acme_odd", message="\ufffd" * 1_000, where=place),) * 20


class Unnamed:
    options: ClassVar[dict[str, Any]] = {}

    def judge(self, text: str) -> tuple[Finding, ...]:
        return ()


class Badly(Unnamed):
    kind = "Badly Named"


class Taken(Unnamed):
    kind = "words"


class Optionless(Unnamed):
    kind = "acme_optionless"
    options = 5  # type: ignore[assignment]


class Misspelt(Unnamed):
    kind = "acme_misspelt"
    options: ClassVar[dict[str, Any]] = {"properties": {"a": {"tpye": "string"}}}


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (5, "?.5 is no class with a method judge(text)"),
        (Unnamed, "Unnamed must have a class variable `kind`, a name of small letters, digits and _"),
        (Badly, "Badly must have a class variable `kind`, a name of small letters, digits and _"),
        (Taken, "Taken has the kind words, which is taken; give it a name that begins with your own"),
        (
            Optionless,
            'Optionless must have a class variable `options`, a JSON Schema such as {"properties": {}}',
        ),
        (
            Misspelt,
            "Misspelt has options that are no JSON Schema: /properties/a/tpye is not a keyword of JSON Schema that can "
            "be used here; did you mean type?",
        ),
    ],
)
def test_a_class_that_is_no_kind_is_left_out(reported: list[tuple[str, str]], kind: Any, fault: str) -> None:
    assert [line.removeprefix(f"{__name__}.") for line in add(reported, kind)] == [fault]


def test_a_name_is_taken_by_the_first(reported: list[tuple[str, str]]) -> None:
    assert len(add(reported, ExclamationsCheck, ExclamationsCheck)) == 1
    assert make_check({"check": "acme_exclamations", "max": 1}).judge("!") == ()
