"""JSON as models and people write it, made JSON: signs are exchanged, and nothing is made up or left out."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Nothing in these can go back: what a text or remark leaves open reaches to the end, and repetitions are possessive. So
# they are linear on Python's own engine, which is ten times faster at a hundred thousand small matches.
_TOKEN = re.compile(
    r"""("(?:[^"\\]|\\[\s\S])*+("?))"""
    r"""|('(?:[^'\\]|\\[\s\S])*+('?))"""
    r"""|(\u201c(?:[^\u201d\\]|\\[\s\S])*+(\u201d?))"""
    r"""|(//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)"""
    r"""|\b(True|False|None)\b(?!\s*+:)"""
    r"""|\b([A-Za-z_][A-Za-z0-9_]*+)(\s*+:)"""
)
_TEXT_OR_COMMA = re.compile(r'"(?:[^"\\]|\\[\s\S])*+"?|,(\s*+[\]}])')
_IN_TEXT = re.compile(r"""\\[\s\S]|["\x00-\x1f]""")
_WORDS: Mapping[str, str] = {"True": "true", "False": "false", "None": "null"}
_ESCAPES: Mapping[str, str] = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_QUOTES = frozenset("'\u201c\u201d")


def repair_json(text: str) -> str:
    r"""Exchange what is not JSON but can mean one thing only; the result may still be none.

    Trailing commas and remarks (// and /* */) go. Texts in 'single' or curly quotes get straight ones, names without
    quotes get them, line ends in a text become \n, and Python's True, False and None become JSON's. A bracket, comma or
    value that is missing stays missing: what was cut off can't be known.
    """
    return _TEXT_OR_COMMA.sub(_drop_comma, _TOKEN.sub(_exchange, text))


def _exchange(token: re.Match[str]) -> str:
    straight, end, single, single_end, curly, curly_end, remark, word, name, colon = token.groups()
    if remark is not None:
        is_closed = remark.startswith("//") or (remark.endswith("*/") and len(remark) > len("/*/"))
        return " " if is_closed else remark
    if word is not None:
        return _WORDS[word]
    if name is not None:
        return f'"{name}"{colon}'
    written = straight or single or curly
    is_whole = end or single_end or curly_end
    return f'"{_IN_TEXT.sub(_escape, written[1:-1])}"' if is_whole else written


def _escape(found: re.Match[str]) -> str:
    sign = found.group()
    if sign[0] == "\\" and len(sign) > 1:
        # JSON knows no backslash before these quotes, which need none between straight ones.
        return sign[1] if sign[1] in _QUOTES else sign
    return _ESCAPES.get(sign, f"\\{sign}" if sign == '"' else f"\\u{ord(sign):04x}")


def _drop_comma(found: re.Match[str]) -> str:
    return found.group(1) or found.group()
