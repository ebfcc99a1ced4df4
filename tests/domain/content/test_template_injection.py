"""What is known to break out of template sandboxes: nothing of it gets past the allow-list."""

import time

import pytest

from domain.content.template import find_template_faults, render
from domain.errors import TemplateError

PAYLOADS = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ topic.__init__.__globals__ }}",
    "{{ topic['__class__'] }}",
    "{{ topic|attr('__class__') }}",
    "{{ topic|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ topic|map(attribute='__class__')|list }}",
    "{{ topic|map('attr', '__class__')|list }}",
    "{{ topic|groupby('__class__') }}",
    "{{ topic|selectattr('__class__')|list }}",
    "{{ topic|sort(attribute='__class__') }}",
    "{{ topic|sum(attribute='__class__') }}",
    "{{ topic|unique(attribute='__class__')|list }}",
    "{{ topic|xmlattr }}",
    "{{ topic|format(topic) }}",
    "{{ '%s'|format(self) }}",
    "{{ '{0.__class__}'.format(topic) }}",
    "{{ '{0.__class__}'.format_map(topic) }}",
    "{% set f = 'a'.format %}{{ f(topic) }}",
    "{{ topic|pprint }}",
    "{{ topic|tojson }}",
    "{{ topic|safe }}",
    "{{ topic|replace('a', 'b' * 9999999) }}",
    "{{ topic|indent(99999999) }}",
    "{{ topic|center(99999999) }}",
    "{{ topic|batch(2) }}",
    "{{ topic|reject('callable')|list }}",
    "{{ 'a' * 9999999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ range(999999999) }}",
    "{% for x in range(999999999) %}{% endfor %}",
    "{{ lipsum() }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__ }}",
    "{{ namespace.__init__ }}",
    "{{ dict(a=1) }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request }}",
    "{{ caller() }}",
    "{{ loop.index }}",
    "{{ varargs }}",
    "{{ kwargs }}",
    "{{ __builtins__ }}",
    "{{ topic is callable }}",
    "{{ topic is filter('x') }}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% include '/etc/passwd' %}",
    "{% include topic %}",
    "{% extends topic %}",
    "{% block title %}{{ super() }}{% endblock %}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}",
    "{% call topic() %}{% endcall %}",
    "{% filter upper %}{{ topic.x }}{% endfilter %}",
    "{% with a = topic.__class__ %}{{ a }}{% endwith %}",
    "{% autoescape topic %}{% endautoescape %}",
    "{% set topic.x = 1 %}",
    "{% set ns = namespace(a=1) %}",
    "{{ topic if topic.x }}",
    "{{ [topic.x] }}",
    "{{ {'a': topic.x} }}",
    "{{ topic[topic] }}",
    "{{ topic[::-1] }}",
    "{{ (topic, topic.x) }}",
    "{{ topic ~ topic.x }}",
    "{{ topic.x|upper }}",
    "{{ topic|join(topic.x) }}",
    "{{ topic|default(topic.x) }}",
    "{{ topic == topic.x }}",
    "{% if topic.x %}{% endif %}",
    "{% if a %}{% elif topic.x %}{% endif %}",
    "{% for x in topic %}{{ x.__class__ }}{% endfor %}",
    "{% for x in topic if x.y %}{% endfor %}",
    "{% for x in topic %}{% else %}{{ topic.x }}{% endfor %}",
    # CVE-2016-10745, CVE-2019-10906, CVE-2024-56326 and CVE-2025-27516: str.format found by one way or another.
    "{{ ''.format(topic) }}",
    "{{ '{.__init__}'.format_map({'a': topic}) }}",
    "{{ ('{.__init__}' | attr('format'))(topic) }}",
    "{% for f in ['{.__init__}'.format] %}{{ f(topic) }}{% endfor %}",
    "{{ topic | map('format', topic) }}",
    # CVE-2024-22195 and CVE-2024-34064: names of attributes that are markup; CVE-2024-56201: names of files.
    "{{ {'onload=alert(1) x': 1} | xmlattr }}",
    "{{ {'a/b>c': 1} | xmlattr }}",
    "{% include ['{{ topic }}', topic] %}",
    "{{ not topic.x }}",
    "{{ topic and topic.x }}",
)


def test_there_are_more_than_sixty() -> None:
    assert len(set(PAYLOADS)) > 60


@pytest.mark.parametrize("source", PAYLOADS)
def test_a_payload_is_neither_saved_nor_rendered(source: str) -> None:
    assert find_template_faults(source, slots=frozenset({"topic"}), pointer="") != ()
    with pytest.raises(TemplateError):
        render(source, {"topic": "x"})


@pytest.mark.parametrize("source", PAYLOADS)
def test_a_payload_in_a_value_stays_as_it_is(source: str) -> None:
    assert source in render("{{ topic }}", {"topic": source})


class Trap(dict[str, str]):
    """A value that tells when anything of it is looked up by name."""

    def __getattribute__(self, name: str) -> object:
        if name not in ("__class__", "keys", "items"):
            raise AssertionError(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("source", PAYLOADS)
def test_a_payload_touches_nothing_of_a_value(source: str) -> None:
    with pytest.raises(TemplateError):
        render(source, {"topic": Trap()})


BOMBS = (
    "{% for a in many %}{% for b in many %}{{ a }}{% endfor %}{% endfor %}",
    "{% for a in many %}{% for b in many %}{% for c in many %}x{% endfor %}{% endfor %}{% endfor %}",
    "{{ long" + " | upper" * 4000 + " }}",
    "{% if " + "not " * 5000 + "topic %}x{% endif %}",
    "{{ " + "(" * 5000 + "topic" + ")" * 5000 + " }}",
    "{% if topic %}" * 2000,
    "{{ topic == " * 2000,
    "{" * 32_000,
    "{% raw %}" * 3000,
    "{#" * 16_000,
    "{{ '" + "x" * 31_000 + "' }}",
    "{{ " + "9" * 31_000 + " }}",
    "{% for a in many %}{{ long | join(long) }}{% endfor %}",
    "{% for a in long %}{{ long }}{% endfor %}",
    "{% include 'self' %}" * 1000,
    "x" * 40_000,
)


@pytest.mark.parametrize("source", BOMBS)
def test_a_bomb_is_refused_or_stays_small(source: str) -> None:
    values = {"many": ["x" * 100] * 1000, "long": "y" * 100_000, "topic": "z"}
    started = time.process_time()

    try:
        size = len(render(source, values))
    except TemplateError:
        size = 0

    assert size <= 1_000_000
    # 50 ms on a machine that does nothing else; what is exponential takes hours.
    assert time.process_time() - started < 10
