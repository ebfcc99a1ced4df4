"""What the checks' benchmark measures: time for a text, time for a pattern, and the lag of the event loop."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from domain.content.checks import make_check
from domain.content.checks.forbidden_pattern import ForbiddenPatternCheck
from domain.content.checks.option import OptionError
from tests.domain.content.evil_patterns import EVIL_PATTERNS, EVIL_TEXTS

THREADS = 4
SWITCH_SECONDS = 0.0005
"""Both as in entrypoints/bootstrap.py."""
PHRASES = [
    f"{first} the {second}" for first in ("unlock", "navigate", "delve", "take") for second in ("power", "level")
]
SCHEMA = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}}}
SPECS: tuple[dict[str, Any], ...] = (
    {"check": "characters", "max": 100},
    {"check": "words", "max": 100},
    {"check": "required_phrases", "phrases": PHRASES},
    {"check": "forbidden_phrases", "phrases": PHRASES},
    {"check": "required_pattern", "pattern": r"\d+ zzz", "advice": "x"},
    {"check": "forbidden_pattern", "pattern": r"(\w+\s+){3}zzz", "advice": "x"},
    {"check": "assistant_talk"},
    {"check": "placeholders"},
    {"check": "headings", "max": 1},
    {"check": "front_matter"},
    {"check": "links", "hosts": ["example.org"]},
    {"check": "keywords", "keywords": ["oak", "desk lamp", "evening"], "max_density": 1},
    {"check": "markdown"},
    {"check": "language", "languages": ["en"]},
    {"check": "sentences", "max": 10, "max_words": 20},
    {"check": "readability", "min": 60},
    {"check": "reading_level", "max": 9},
    {"check": "repetition"},
    {"check": "json_schema", "schema": SCHEMA},
)
CRAFTED = {
    "short sentences in Chinese": "\u8336\u662f\u70ed\u7684\u3002",
    "short lines in Chinese": "\u8336\u3002\n",
    "short sentences": "a. ",
    "unclosed code": "<pre>\n",
    "closed code": "<pre></pre>",
}
_WORDS = [
    "the",
    "oak",
    "lamp",
    "light",
    "warm",
    "evening",
    "choose",
    "hide",
    "bulb",
    "reading",
    "eyes",
    "desk",
    "table",
    "quiet",
    "calm",
    "with",
    "your",
    "from",
    "and",
    "for",
    "a",
    "of",
    "in",
    "to",
    "it",
    "that",
    "shade",
    "room",
    "beautiful",
    "comfortable",
    "organisation",
]


def measure_checks(size: int) -> Iterator[dict[str, Any]]:
    """Judge a text of `size` characters with every check once, and with a peer where there is one."""
    prose, data = make_prose(size), make_json(size)
    for spec in SPECS:
        check = make_check(spec)
        text = data if spec["check"] == "json_schema" else f"{prose}{spec['check']}"
        peer = PEERS.get(spec["check"])
        name = f"{spec['check']}, {size // 1000} kB"
        yield {"server": "galley", "measurement": name, "milliseconds": _time(check.judge, text)}
        taken = 0.0 if peer is None else _time(peer, text)
        yield {"server": "peer", "measurement": name, "milliseconds": taken}


def measure_crafted(size: int) -> Iterator[dict[str, Any]]:
    """Judge texts that somebody made to be slow with the check that takes longest; there is no peer."""
    checks = [make_check(spec) for spec in SPECS if spec["check"] != "json_schema"]
    for name, piece in CRAFTED.items():
        text = piece * (size // len(piece))
        slowest = max(_time(check.judge, f"{text}{place}") for place, check in enumerate(checks))
        name = f"slowest on {name}, {size // 1000} kB"
        yield {"server": "galley", "measurement": name, "milliseconds": slowest}
        yield {"server": "peer", "measurement": name, "milliseconds": 0.0}


def measure_patterns() -> Iterator[dict[str, Any]]:
    """Run evil patterns over 50 kB; the peer is Python's `re`, on 26 characters, since on more it may never end."""
    slowest = refused = 0.0
    for pattern in EVIL_PATTERNS:
        try:
            check = ForbiddenPatternCheck(pattern=pattern, advice="x")
        except OptionError:
            refused += 1
        else:
            slowest = max(slowest, *(_time(check.judge, text) for text in EVIL_TEXTS))
    name = f"{len(EVIL_PATTERNS)} evil patterns"
    naive = _time(re.compile(r"^(a|a)+$").search, "a" * 22 + "!")
    yield {"server": "galley", "measurement": name, "slowest_milliseconds": slowest, "refused": refused}
    yield {"server": "peer", "measurement": name, "slowest_milliseconds": naive, "refused": 0.0}


async def measure_loop(size: int) -> list[dict[str, Any]]:
    """Judge in threads, and say how late the loop wakes meanwhile; the peer's side is the loop alone."""
    prose = make_prose(size)
    checks = [make_check(spec) for spec in SPECS if spec["check"] != "json_schema"]
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    idle = await _watch(asyncio.sleep(1))
    with ThreadPoolExecutor(THREADS) as threads:
        loop = asyncio.get_running_loop()
        jobs = [loop.run_in_executor(threads, check.judge, f"{prose}{place}") for place, check in enumerate(checks)]
        busy = await _watch(asyncio.gather(*jobs))
    sys.setswitchinterval(before)
    name = f"loop, {len(checks)} checks in {THREADS} threads"
    return [
        {"server": side, "measurement": name, "lag_p99_ms": lags[int(len(lags) * 0.99)], "lag_most_ms": lags[-1]}
        for side, lags in (("galley", busy), ("peer", idle))
    ]


def make_prose(size: int) -> str:
    """Make Markdown of a blog's kind, the same each time."""
    chance = random.Random(1)
    parts: list[str] = []
    length = 0
    while length < size:
        heading = f"## Heading {length}\n\n" if chance.random() < 0.1 else ""
        sentences = (" ".join(_pick(chance) for _ in range(chance.randrange(4, 18))).capitalize() for _ in range(5))
        link = "- see [it](https://example.org/x) now\n- **b** `c`\n\n" if chance.random() < 0.2 else ""
        parts.append(f"{heading}{'. '.join(sentences)}.\n\n{link}")
        length += len(parts[-1])
    return "".join(parts)[:size]


def make_json(size: int) -> str:
    """Make a list of small objects."""
    return json.dumps([{"a": "oak lamp"}] * (size // 17))


def _pick(chance: random.Random) -> str:
    return chance.choice(_WORDS) + (str(chance.randrange(999)) if chance.random() < 0.05 else "")


def _time(work: Callable[[str], object], text: str) -> float:
    """Return the milliseconds of processor time that it takes, which others on the machine don't change."""
    begun = time.process_time()
    work(text)
    return (time.process_time() - begun) * 1000


async def _watch(work: Any) -> list[float]:
    """Return by how many milliseconds a sleep of one was late, in order, until the work is done."""
    job, lags = asyncio.ensure_future(work), []
    while not job.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append(max(0.0, (time.perf_counter() - begun) * 1000 - 1))
    return sorted(lags)


def _find_with_re(text: str) -> object:
    return [re.search(rf"\b{re.escape(phrase)}\b", text, re.IGNORECASE) for phrase in PHRASES]


def _parse_markdown(text: str) -> object:
    from markdown_it import MarkdownIt

    return MarkdownIt().parse(text)


def _detect(text: str) -> object:
    import langdetect

    return langdetect.detect(text)


PEERS: dict[str, Callable[[str], object]] = {
    "required_phrases": _find_with_re,
    "forbidden_phrases": _find_with_re,
    "required_pattern": lambda text: re.search(r"\d+ zzz", text),
    "forbidden_pattern": lambda text: re.search(r"(\w+\s+){3}zzz", text),
    "headings": _parse_markdown,
    "links": _parse_markdown,
    "markdown": _parse_markdown,
    "language": _detect,
}
"""By kind; a check without a peer is compared with nothing."""
