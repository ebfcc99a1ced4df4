from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content.template import OUTPUT_LIMIT, render
from domain.errors import TemplateError
from tests.domain.content.texts import ANY_TEXT, FEW, FRAGMENTS

LISTS = {"many": ["x"] * 1000, "long": "y" * 200_000}


def plain(source: str, **values: Any) -> str:
    """Render and take the fences away, to look at the rest."""
    text = render(source, values)
    return "".join(part if number % 2 == 0 else part[14:] for number, part in enumerate(_split(text)))


def _split(text: str) -> list[str]:
    parts = [text]
    while "<input-" in parts[-1]:
        before, _, rest = parts[-1].partition("<input-")
        label, _, rest = rest.partition(">")
        value, _, after = rest.partition(f"</input-{label}>")
        parts[-1:] = [before, "x" * 14 + value, after]
    return parts


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Write.", "Write."),
        ("{{ topic }}", "lamps"),
        ("{{ nothing }}|{{ empty }}", "|"),
        ("{{ count }} {{ half }} {{ yes }}", "3 0.5 true"),
        ("{{ 'a' }}{{ 5 }}", "a5"),
        ("{{ facts }}", "\n- oak\n- 45 cm\n"),
        ("{{ person }}", '{"name": "Ama"}'),
        ("{{ facts | join }}", "oak, 45 cm"),
        ("{{ facts | join(' / ') }}", "oak / 45 cm"),
        ("{{ topic | join('-') }}", "lamps"),
        ("{{ facts | length }} {{ topic | length }} {{ count | length }}", "2 5 1"),
        ("{{ topic | upper }} {{ 'AB' | lower }}", "LAMPS ab"),
        ("{{ 'two words' | title }} {{ 'two words' | capitalize }}", "Two Words Two words"),
        ("{{ '  a ' | trim }}", "a"),
        ("{{ nothing | default('x') }} {{ topic | default('x') }}", "x lamps"),
        ("{{ facts | first }} {{ facts | last }} {{ nothing | first }}", "oak 45 cm "),
        ("{% if topic %}a{% else %}b{% endif %}", "a"),
        ("{% if nothing %}a{% elif topic %}b{% else %}c{% endif %}", "b"),
        ("{% if nothing %}a{% elif empty %}b{% endif %}", ""),
        ("{% if topic == 'lamps' and count != 4 %}a{% endif %}", "a"),
        ("{% if nothing or not topic %}a{% endif %}", ""),
        ("{% if count > 2 and count >= 3 and half < 1 and half <= 0.5 %}a{% endif %}", "a"),
        ("{% if topic > 2 %}a{% endif %}", ""),
        ("{% if 'b' > 'a' %}a{% endif %}", "a"),
        ("{% if 'oak' in facts and 'lamp' in topic and 'name' in person %}a{% endif %}", "a"),
        ("{% if 'pine' not in facts and 3 not in topic and 3 not in count %}a{% endif %}", "a"),
        ("{% for fact in facts %}{{ fact }};{% endfor %}", "oak;45 cm;"),
        ("{% for letter in topic %}{{ letter }};{% endfor %}", "lamps;"),
        ("{% for x in nothing %}a{% else %}none{% endfor %}", "none"),
        ("{% for a in facts %}{% for b in facts %}x{% endfor %}{% endfor %}", "xxxx"),
        ("{% for topic in facts %}{{ topic }},{% endfor %}{{ topic }}", "oak,45 cm,lamps"),
        ("a\n{% if topic %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ("{% raw %}{{ topic }}{% endraw %}", "{{ topic }}"),
        ("{# a remark #}a", "a"),
    ],
)
def test_renders_the_allowed_part_of_jinja(source: str, text: str) -> None:
    rendered = plain(
        source,
        topic="lamps",
        facts=["oak", "45 cm"],
        person={"name": "Ama"},
        count=3,
        half=0.5,
        yes=True,
        nothing=None,
        empty="",
    )

    assert rendered == text


def test_each_value_stands_in_a_fence_and_the_label_is_repeatable() -> None:
    source, values = "On {{ topic }} for {{ audience }}.", {"topic": "lamps", "audience": "you"}

    text = render(source, values)

    label = text[text.index("<") + 1 : text.index(">")]
    assert text == f"On <{label}>lamps</{label}> for <{label}>you</{label}>."
    assert render(source, values) == text


def test_template_syntax_in_a_value_stays_as_it_is() -> None:
    assert plain("{{ a }}", a="{{ b }}{% if b %}", b="secret") == "{{ b }}{% if b %}"


def test_half_a_character_in_a_value_does_not_stop_it() -> None:
    assert plain("{{ a }} {{ b }}", a="\ud800", b=["\udfff"]) == "\ufffd - \ufffd"


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(TemplateError, match="unknown slot b"):
        render("{{ b }}", {"a": "x"})


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in many %}{{ long }}{% endfor %}",
        "{% for a in many %}{% for b in many %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in many %}" + "x" * 1000 + "{% endfor %}",
    ],
)
def test_output_is_bounded(source: str) -> None:
    with pytest.raises(TemplateError, match=r"to more than 256 kB|too many steps"):
        render(source, LISTS)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
        "{% for a in many %}{% if long | upper == long | title %}x{% endif %}{% endfor %}",
        "{% for a in many %}{% if long in long %}{% endif %}{% endfor %}",
        "{% for a in many %}{{ many | join | length }}{% endfor %}",
    ],
)
def test_work_is_bounded_where_there_is_no_output(source: str) -> None:
    with pytest.raises(TemplateError, match="too many steps"):
        render(source, LISTS)


def test_fences_count_as_output() -> None:
    with pytest.raises(TemplateError, match="to more than 256 kB"):
        render("{% for a in many %}" + "{{ a }}" * 8 + "{% endfor %}", LISTS)


def test_the_bound_is_256_kb() -> None:
    assert len(render("{{ n }}" + "x" * 100, {"n": 1})) == 101
    assert OUTPUT_LIMIT == 256 * 1024


VALUES = st.one_of(ANY_TEXT, st.lists(st.sampled_from(FRAGMENTS), max_size=4), st.none(), st.integers(), st.booleans())


@FEW
@given(ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_a_value_can_never_end_its_fence(first: str, second: str, items: list[str]) -> None:
    values = {"key": "known", "a": first, "b": second, "c": items}
    source = (
        "{{ key }} 1 {{ a }} 2 {{ b | lower }} 3 {{ c }}{{ c | join('') }}{% for d in c %}{{ d | upper }}{% endfor %}."
    )

    text = render(source, values)

    label = text[1:15]
    outside = ""
    while f"<{label}>" in text:
        before, _, rest = text.partition(f"<{label}>")
        outside, text = outside + before, rest.partition(f"</{label}>")[2]
    assert outside + text == " 1  2  3 ."


@FEW
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES))
def test_rendering_ends_for_any_values(values: dict[str, Any]) -> None:
    given = {"a": None, "b": None, "c": None, **values}
    source = (
        "{{ a | title }}{% for x in b %}{{ x | default('y') }}{% endfor %}{% if a in b or c > a %}{{ c }}{% endif %}"
    )

    assert isinstance(render(source, given), str)
