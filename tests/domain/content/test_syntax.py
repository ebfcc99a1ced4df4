import pytest

from domain.content.template import find_template_faults

SLOTS = frozenset({"topic", "facts"})


def find(source: str, slots: frozenset[str] = SLOTS) -> list[str]:
    faults = find_template_faults(source, slots=slots, pointer="/prompts/generator/user")
    assert {fault.pointer for fault in faults} <= {"/prompts/generator/user"}
    return [fault.message.partition("; allowed are")[0] for fault in faults]


@pytest.mark.parametrize(
    "source",
    [
        "Plain text with { braces } and 100 %",
        "{{ topic | upper | trim }}",
        "{% for fact in facts %}{{ fact }}{% else %}none{% endfor %}",
        "{% if topic and not facts or topic == 'x' %}a{% elif 'x' in facts %}b{% endif %}",
    ],
)
def test_the_allowed_syntax_has_no_faults(source: str) -> None:
    assert find(source) == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{{ topic.__class__ }}", "attribute access"),
        ("{{ topic.upper() }}", "a call"),
        ("{{ topic['a'] }}", "a subscript"),
        ("{{ topic[1:2] }}", "a subscript"),
        ("{{ range(9) }}", "a call"),
        ("{{ topic if facts else 1 }}", "an inline if"),
        ("{{ 1 < 2 < 3 }}", "a chain of comparisons"),
        ("{{ 2 ** 9 }}", "the Pow syntax"),
        ("{{ topic + 'a' }}", "the Add syntax"),
        ("{{ topic ~ 'a' }}", "the Concat syntax"),
        ("{{ -1 }}", "the Neg syntax"),
        ("{{ [topic] }}", "the List syntax"),
        ("{{ {'a': topic} }}", "the Dict syntax"),
        ("{{ (topic, 1) }}", "the Tuple syntax"),
        ("{{ topic is defined }}", "the Test syntax"),
        ("{% set a = 1 %}", "set"),
        ("{% set a %}x{% endset %}", "set"),
        ("{% macro a() %}{% endmacro %}", "the Macro syntax"),
        ("{% call topic() %}{% endcall %}", "the CallBlock syntax"),
        ("{% include 'x' %}", "the Include syntax"),
        ("{% import 'x' as y %}", "the Import syntax"),
        ("{% from 'x' import y %}", "the FromImport syntax"),
        ("{% extends 'x' %}", "the Extends syntax"),
        ("{% block a %}{% endblock %}", "the Block syntax"),
        ("{% filter upper %}x{% endfilter %}", "the FilterBlock syntax"),
        ("{% with a = 1 %}{% endwith %}", "the With syntax"),
        ("{% autoescape true %}{% endautoescape %}", "the Scope syntax"),
    ],
)
def test_everything_else_is_refused(source: str, what: str) -> None:
    assert find(source) == [f"uses {what}, which is not allowed"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\n{{ topik }}", "has an unknown slot topik; did you mean topic? (the slots here are facts, topic)"),
        ("\n{{ self }}", "has an unknown slot self (the slots here are facts, topic)"),
        ("\n{{ topic | uper }}", "has an unknown filter uper; did you mean upper?"),
        ("\n{{ topic | upper(1) }}", "gives the filter upper arguments that it does not take"),
        ("\n{{ facts | join(d='x') }}", "gives the filter join arguments that it does not take"),
        ("\n{{ facts | join(*facts) }}", "gives the filter join arguments that it does not take"),
        ("\n{{ facts | join(topic) }}", "gives the filter join something else than a fixed text or number"),
        ("\n{% for a, b in facts %}{% endfor %}", "has a loop that is more than {% for name in slot %}"),
        ("\n{% for a in facts if a %}{% endfor %}", "has a loop that is more than {% for name in slot %}"),
        ("\n{% for a in facts recursive %}{% endfor %}", "has a loop that is more than {% for name in slot %}"),
        ("\n{% for a in 'abc' %}{% endfor %}", "has a loop over something else than a slot"),
        (
            "\n{% for a in fact %}{% endfor %}",
            "has an unknown slot fact; did you mean facts? (the slots here are facts, topic)",
        ),
        ("\n{{ " + "not " * 30 + "topic }}", "is nested too deeply"),
        ("\n" + "{% if topic %}" * 25 + "{% endif %}" * 25, "is nested too deeply"),
    ],
)
def test_a_fault_says_what_and_in_which_line(source: str, message: str) -> None:
    assert find(source) == [f"{message} (line 2 of the template)"]


def test_loops_may_be_two_deep() -> None:
    two = "{% for a in facts %}{% for b in facts %}x{% endfor %}{% endfor %}"
    three = "{% for c in facts %}" + two + "{% endfor %}"

    assert find(two) == []
    assert find(three) == ["has loops more than 2 deep (line 1 of the template)"]


def test_a_slot_of_a_loop_ends_with_it() -> None:
    assert len(find("{% for fact in facts %}{{ fact }}{% endfor %}{{ fact }}")) == 1
    assert len(find("{% for fact in facts %}{% else %}{{ fact }}{% endfor %}")) == 1


def test_where_there_are_no_slots_the_fault_says_so() -> None:
    assert find("{{ topic }}", frozenset()) == [
        "has an unknown slot topic (there are no slots here) (line 1 of the template)"
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ topic", "can't be read: unexpected end of template"),
        ("{% if topic %}", "can't be read: Unexpected end of template"),
        ("{% do topic %}", "can't be read: Encountered unknown tag"),
        ("{{" + "(" * 20_000, "is nested too deeply"),
        ("{{" + "1" * 5_000 + "}}", "is nested too deeply, or holds a number that is too large"),
        ("x" * 32_769, "is longer than 32 kB"),
    ],
)
def test_what_is_no_template_is_told(source: str, message: str) -> None:
    [found] = find(source)
    assert found.startswith(message)
