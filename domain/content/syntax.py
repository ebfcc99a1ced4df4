"""The part of Jinja2's syntax that prompt templates may use, read by Jinja2's own parser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from domain.content.filters import FILTERS
from domain.content.spelling import suggest
from domain.errors import TemplateError

SOURCE_LIMIT = 32 * 1024
_MAX_DEPTH = 20
_MAX_LOOPS = 2
_JINJA = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701

Found = Iterator[tuple[int, str]]


@lru_cache(maxsize=256)
def parse(source: str) -> nodes.Template:
    """Read a template; the tree is shared, so leave it as it is.

    Raises:
        TemplateError: It is no template, or a too long or too deep one.
    """
    if len(source) > SOURCE_LIMIT:
        raise TemplateError(f"is longer than {SOURCE_LIMIT // 1024} kB")
    try:
        return _JINJA.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError(f"can't be read: {error.message} (line {error.lineno} of the template)") from None
    except (RecursionError, ValueError):
        # Jinja's parser recurses, and Python refuses to read numbers of more than 4,300 digits.
        raise TemplateError("is nested too deeply, or holds a number that is too large") from None


def find_in_body(body: Sequence[nodes.Node], slots: frozenset[str], *, loops: int = 0, depth: int = 0) -> Found:
    """Yield line and message of everything in a body that is outside of the allow-list, or an unknown slot."""
    for node in body:
        if depth > _MAX_DEPTH:
            yield node.lineno, "is nested too deeply"
            return
        match node:
            case nodes.Output():
                for part in node.nodes:
                    yield from _find_in_expression(part, slots, depth)
            case nodes.If():
                yield from _find_in_expression(node.test, slots, depth)
                for branch in (node.body, node.elif_, node.else_):
                    yield from find_in_body(branch, slots, loops=loops, depth=depth + 1)
            case nodes.For():
                yield from _find_in_loop(node, slots, loops=loops, depth=depth)
            case _:
                yield node.lineno, f"uses {_name(node)}, which is not allowed; {_ALLOWED}"


def _find_in_loop(node: nodes.For, slots: frozenset[str], *, loops: int, depth: int) -> Found:
    if loops == _MAX_LOOPS:
        yield node.lineno, f"has loops more than {_MAX_LOOPS} deep"
        return
    if node.test is not None or node.recursive or not isinstance(node.target, nodes.Name):
        yield node.lineno, "has a loop that is more than {% for name in slot %}"
        return
    if not isinstance(node.iter, nodes.Name):
        yield node.lineno, "has a loop over something else than a slot"
        return
    yield from _find_in_expression(node.iter, slots, depth)
    inner = slots | {node.target.name}
    yield from find_in_body(node.body, inner, loops=loops + 1, depth=depth + 1)
    yield from find_in_body(node.else_, slots, loops=loops, depth=depth + 1)


def _find_in_expression(node: nodes.Node, slots: frozenset[str], depth: int) -> Found:
    if depth > _MAX_DEPTH:
        yield node.lineno, "is nested too deeply"
        return
    match node:
        case nodes.TemplateData() | nodes.Const():
            return
        case nodes.Name():
            if node.name not in slots:
                known = f"the slots here are {', '.join(sorted(slots))}" if slots else "there are no slots here"
                yield node.lineno, f"has an unknown slot {node.name}{suggest(node.name, slots)} ({known})"
        case nodes.Filter():
            yield from _find_in_filter(node, slots, depth)
        case nodes.And() | nodes.Or():
            yield from _find_in_expression(node.left, slots, depth + 1)
            yield from _find_in_expression(node.right, slots, depth + 1)
        case nodes.Not():
            yield from _find_in_expression(node.node, slots, depth + 1)
        case nodes.Compare() if len(node.ops) == 1:
            yield from _find_in_expression(node.expr, slots, depth + 1)
            yield from _find_in_expression(node.ops[0].expr, slots, depth + 1)
        case _:
            yield node.lineno, f"uses {_name(node)}, which is not allowed; {_ALLOWED}"


def _find_in_filter(node: nodes.Filter, slots: frozenset[str], depth: int) -> Found:
    if node.name not in FILTERS:
        yield node.lineno, f"has an unknown filter {node.name}{suggest(node.name, FILTERS)}"
    elif not FILTERS[node.name].takes(len(node.args)) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield node.lineno, f"gives the filter {node.name} arguments that it does not take"
    elif not all(isinstance(argument, nodes.Const) for argument in node.args):
        yield node.lineno, f"gives the filter {node.name} something else than a fixed text or number"
    else:
        # A filter block, {% filter upper %}, has none, but it is refused as a statement.
        assert node.node is not None
        yield from _find_in_expression(node.node, slots, depth + 1)


_NAMES = {
    nodes.Getattr: "attribute access",
    nodes.Getitem: "a subscript",
    nodes.Call: "a call",
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.CondExpr: "an inline if",
    nodes.Compare: "a chain of comparisons",
}
_ALLOWED = "allowed are slots, if, for over a slot, comparisons and the filters " + ", ".join(FILTERS)


def _name(node: nodes.Node) -> str:
    return _NAMES.get(type(node), f"the {type(node).__name__} syntax")
