import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import structlog

from domain.content.checks import CHECK_KINDS, add_check_kinds, make_check
from domain.content.finding import Finding, Place
from entrypoints.check_kinds import GROUP, load_check_kinds, log_check_faults

BROKEN = """
class BrokenCheck:
    kind = "acme_broken"
    options = {}

    def __init__(self, on="output"):
        self.on = on

    def judge(self, text):
        raise ValueError("quotes the text")
"""
DOCS = Path(__file__).parents[2] / "docs" / "checks.md"


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose modules can be imported during the test, and forget the kinds of the test behind it."""
    before = set(sys.modules)
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "") and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]
    add_check_kinds((), lambda *_: None)


def entry(value: str) -> EntryPoint:
    return EntryPoint(name=value.partition(":")[0], value=value, group=GROUP)


def read_example(heading: str) -> str:
    """Return the first code block below a line of the documentation."""
    return DOCS.read_text().partition(heading)[2].partition("```")[2].partition("\n")[2].partition("```")[0]


def test_the_walk_through_of_the_documentation_works(package: Path) -> None:
    (package / "acme_checks.py").write_text(read_example("`acme_checks.py`"))

    assert load_check_kinds([entry("acme_checks:ExclamationsCheck")]) == ()

    check = make_check({"check": "acme_exclamations", "max": 1})
    assert check.judge("Fine!") == ()
    assert check.judge("Oh!\nBuy now!") == (
        Finding(
            check="acme_exclamations",
            message="has 2 exclamation marks: use at most 1.",
            where=Place(line=2, column=8, quote="!"),
        ),
    )


def test_the_test_of_the_walk_through_passes(package: Path) -> None:
    (package / "acme_checks.py").write_text(read_example("`acme_checks.py`"))
    namespace: dict[str, object] = {}

    exec(read_example("`test_acme_checks.py`"), namespace)

    tests = [found for name, found in namespace.items() if name.startswith("test_") and callable(found)]
    assert len(tests) == 2
    for test in tests:
        test()


def test_every_kind_is_documented_with_an_example() -> None:
    text = DOCS.read_text()

    assert [kind for kind in CHECK_KINDS if f"### `{kind}`" not in text or f"{{check: {kind}" not in text] == []


def test_what_can_not_be_imported_is_told_and_the_others_are_used(package: Path) -> None:
    (package / "acme_raising.py").write_text("raise SystemExit('no')")
    (package / "acme_broken.py").write_text(BROKEN)
    entries = [entry("acme_missing:Check"), entry("acme_raising:Check"), entry("acme_broken:BrokenCheck")]

    assert load_check_kinds(entries) == (
        "acme_missing:Check can't be imported (ModuleNotFoundError: No module named 'acme_missing'); mend or remove "
        "its package",
        "acme_raising:Check can't be imported (SystemExit: no); mend or remove its package",
    )
    with structlog.testing.capture_logs() as lines:
        assert len(make_check({"check": "acme_broken"}).judge("any")) == 1
    assert lines == [
        {
            "event": "check broke",
            "log_level": "error",
            "check": "acme_broken",
            "error": "ValueError",
            "where": f"{package / 'acme_broken.py'}:10",
        }
    ]


def test_without_packages_there_are_only_our_own() -> None:
    assert load_check_kinds() == ()


def test_faults_are_logged() -> None:
    with structlog.testing.capture_logs() as lines:
        log_check_faults(["a is no class"])

    assert lines == [{"event": "check not used", "log_level": "warning", "fault": "a is no class"}]
