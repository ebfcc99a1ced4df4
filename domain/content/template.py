"""Prompt templates: a small part of Jinja2's syntax, rendered here by walking its tree, never compiled to code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from jinja2 import nodes

from domain.content.fence import FENCE_LENGTH, fence, make_label
from domain.content.filters import FILTERS, compare, describe, list_items, weigh
from domain.content.syntax import find_in_body, parse
from domain.errors import Fault, TemplateError

OUTPUT_LIMIT = 256 * 1024
STEP_LIMIT = 20_000
"""Bounds in code points and in steps; the worst template within them renders in less than 50 ms."""


@frozen
class _Value:
    """What a slot held, before the fence's label is known."""

    text: str


def find_template_faults(source: str, *, slots: frozenset[str], pointer: str) -> tuple[Fault, ...]:
    """Say where a template uses other syntax than is allowed, or a slot that there is not."""
    try:
        template = parse(source)
    except TemplateError as error:
        return (Fault(pointer=pointer, message=error.message),)
    faults = (
        Fault(pointer=pointer, message=f"{message} (line {line} of the template)")
        for line, message in find_in_body(template.body, slots)
    )
    return tuple(dict.fromkeys(faults))


def render(source: str, values: Mapping[str, Any]) -> str:
    """Fill the slots once: what a value holds is never read as a template. Slots without a value are empty.

    Every value but a number stands in a fence whose label is in none of them.

    Raises:
        TemplateError: The template has faults, renders to more than 256 kB or takes too many steps.
    """
    faults = find_template_faults(source, slots=frozenset(values), pointer="")
    if faults:
        raise TemplateError(f"The template {faults[0].message}.", faults)
    rendering = _Rendering()
    rendering.run(parse(source).body, values)
    label = make_label([piece.text for piece in rendering.pieces if isinstance(piece, _Value)])
    return "".join(fence(piece.text, label) if isinstance(piece, _Value) else piece for piece in rendering.pieces)


class _Rendering:
    """One pass over a template that has no faults."""

    def __init__(self) -> None:
        self.pieces: list[str | _Value] = []
        self._size = 0
        self._steps = 0

    def run(self, body: Sequence[nodes.Node], values: Mapping[str, Any]) -> None:
        for node in body:
            self._spend(1)
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._write(part, values)
                case nodes.If():
                    self._choose(node, values)
                case _:
                    assert isinstance(node, nodes.For)
                    self._loop(node, values)

    def _write(self, node: nodes.Node, values: Mapping[str, Any]) -> None:
        match node:
            case nodes.TemplateData():
                self._add(node.data)
            case nodes.Const():
                self._add(describe(node.value))
            case _:
                value = self._evaluate(node, values)
                text = describe(value)
                self._add(text if not text or isinstance(value, int | float) else _Value(text))

    def _add(self, piece: str | _Value) -> None:
        self._size += len(piece.text) + FENCE_LENGTH if isinstance(piece, _Value) else len(piece)
        if self._size > OUTPUT_LIMIT:
            raise TemplateError(
                f"The prompt renders to more than {OUTPUT_LIMIT // 1024} kB; give shorter inputs.",
            )
        self.pieces.append(piece)

    def _choose(self, node: nodes.If, values: Mapping[str, Any]) -> None:
        for branch in (node, *node.elif_):
            if self._evaluate(branch.test, values):
                self.run(branch.body, values)
                return
        self.run(node.else_, values)

    def _loop(self, node: nodes.For, values: Mapping[str, Any]) -> None:
        assert isinstance(node.target, nodes.Name)
        items = list_items(self._evaluate(node.iter, values))
        for item in items:
            self._spend(1)
            self.run(node.body, {**values, node.target.name: item})
        if not items:
            self.run(node.else_, values)

    def _evaluate(self, node: nodes.Node, values: Mapping[str, Any]) -> Any:
        match node:
            case nodes.Name():
                value = values[node.name]
            case nodes.Filter():
                assert node.node is not None
                arguments = [argument.as_const() for argument in node.args]
                value = FILTERS[node.name].apply(self._evaluate(node.node, values), *arguments)
            case nodes.And():
                value = self._evaluate(node.left, values) and self._evaluate(node.right, values)
            case nodes.Or():
                value = self._evaluate(node.left, values) or self._evaluate(node.right, values)
            case nodes.Not():
                value = not self._evaluate(node.node, values)
            case nodes.Compare():
                [operand] = node.ops
                value = compare(operand.op, self._evaluate(node.expr, values), self._evaluate(operand.expr, values))
            case _:
                assert isinstance(node, nodes.Const)
                value = node.value
        self._spend(1 + weigh(value))
        return value

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > STEP_LIMIT:
            raise TemplateError("The prompt takes too many steps to render; give shorter lists.")
