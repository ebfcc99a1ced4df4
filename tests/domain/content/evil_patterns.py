"""Patterns with which people have brought regular expressions down, and texts of 50 kB that they choke on."""

from __future__ import annotations

_NESTED = [f"({inner}){outer}{end}" for inner in ("a+", "a|a", "a|aa", r"\w+\s?") for outer in "+*" for end in "!$"]
_OVERLAPPING = [
    r"\d+\d+\d+x",
    r"(x+x+)+y",
    r"(.*a)+!",
    r".*.*.*.*=",
    r"\s+\s+\s+$",
    r"(?s).*?(.*?)*z",
    r"(a?){40}a{20}",
    r"a.*b|a",
    r"(?:[ab]*a)+[ab]b!",
    r"(\pL+\s?)+!",
    r"(?:\pL\pN?){8}!",
    r"(?i)(\p{Lu}+\p{Ll}*)+!",
]
_KNOWN = [
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
    r"(?:(?:\"|'|\]|\}|\\|\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|\`|\-|\+)+[)]*;?"
    r"((?:\s|-|~|!|{}|\|\||\+)*.*(?:.*=.*)))",
    r"^(\(?\+?[0-9]*\)?)?[0-9_\- \(\)]*$x",
    r"<[^>]*(<[^>]*)*>!",
    r"^\s+|\s+$",
    r"(\w+\.)+\w+@",
    r"(https?://)?([\da-z.-]+)\.([a-z.]{2,6})([/\w .-]*)*/?!",
]
_COUNTED = [f"[ab]*a[ab]{{{count}}}!" for count in (5, 10, 20, 64, 200, 900)]
_PRODUCTS = [f"(?:{inner}{{1,{count}}}){{1,{count}}}!" for inner in ("[^z]", r"\w", "a?") for count in (5, 10, 50)]
EVIL_PATTERNS = (*_NESTED, *_OVERLAPPING, *_KNOWN, *_COUNTED, *_PRODUCTS)
EVIL_TEXTS = ("a" * 50_000, "ab" * 25_000, "aab " * 12_500, "äöüß" * 12_500, "abbabaab" * 6_250)
