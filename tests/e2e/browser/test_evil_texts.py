"""Three hundred texts that would run or load something: shown as draft and output, they do neither."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, generate, log_in, see_end
from tests.e2e.browser.press import Press
from tests.e2e.browser.serve import CONTROLS, END_OF_DELTA
from tests.e2e.rig.process import ROOT

PICTURES = {code: picture for picture, code in CONTROLS.items() if chr(code) not in "\t\n"}
VECTORS: list[str] = json.loads((ROOT / "tests" / "fixtures" / "xss.json").read_text())["vectors"]
POISON = Path(__file__).parent / "poison.js"
AT_ONCE = 8
SOME, FEW, A_FEW = 60, 20, 20
SHOW = """async (runs) => {
  const found = [];
  const isShown = (run) => document.querySelector("[aria-label=Details] code")?.textContent === run
    && document.querySelector("#output") !== null;
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  for (const run of runs) {
    location.hash = `#/runs/${run}`;
    for (const until = Date.now() + 5000; !isShown(run); await turn()) if (Date.now() > until) throw new Error(run);
    found.push(...findShownPoison());
  }
  return [found, executed];
}"""
GROW = """async (vectors) => {
  const found = [];
  for (const vector of vectors) {
    const root = document.body.appendChild(document.createElement("div"));
    const text = new Galley.GrowingText(root);
    for (let end = 1; end <= vector.length; end += 1) {
      text.show(vector.slice(0, end));
      found.push(...findPoison(root).map((fault) => [vector.slice(0, end), fault]));
    }
    const whole = document.createElement("div");
    new Galley.GrowingText(whole).show(vector);
    if (whole.innerHTML !== root.innerHTML) found.push([vector, root.innerHTML, whole.innerHTML]);
    root.remove();
    for (const html of [vector, `<p>${vector}</p>`, `<div>a ${vector}`]) {
      const place = document.body.appendChild(document.createElement("div"));
      place.append(Galley.sanitise(html));
      found.push(...findPoison(place).map((fault) => [html, fault]));
      place.remove();
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return [found, executed];
}"""


WATCH = """() => {
  window.poison = [];
  const look = () => poison.push(...findShownPoison());
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
}"""


def groups(chance: random.Random, count: int) -> Iterator[list[str]]:
    """Yield so many of the texts, a few for each run."""
    chosen = chance.sample(VECTORS, count)
    for start in range(0, count, A_FEW):
        yield chosen[start : start + A_FEW]


def write_in_pieces(vectors: list[str], chance: random.Random) -> str:
    """Join texts to one that is streamed with a cut in the middle of each."""
    cuts = [chance.randrange(1, len(vector)) for vector in vectors]
    parts = [f"{vector[:cut]}{END_OF_DELTA}{vector[cut:]}" for vector, cut in zip(vectors, cuts, strict=True)]
    return f"\n\n{END_OF_DELTA}".join(parts).translate(PICTURES)


@pytest.fixture(scope="module")
def text_to_elements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the part of the page that makes text into elements as a script by itself."""
    path = tmp_path_factory.mktemp("texts") / "texts.js"
    options = ["--format", "iife", "--name", "Galley", "--file", str(path)]
    command = ["node_modules/.bin/rolldown", str(Path(__file__).parent / "texts.ts"), *options]
    subprocess.run(command, cwd=ROOT / "frontend", check=True, capture_output=True)
    path.write_text(path.read_text() + "\nwindow.Galley = Galley;\n")
    return path


async def test_a_text_split_anywhere_is_as_harmless_as_the_whole(open_page: OpenPage, text_to_elements: Path) -> None:
    page = await open_page("http://127.0.0.1")
    for script in (POISON, text_to_elements):
        await page.add_init_script(path=script)
    await page.goto("about:blank")

    assert await page.evaluate(GROW, VECTORS) == [[], []]


@pytest.mark.parametrize("prompt", ["note", "card"])
async def test_nothing_runs_or_loads_from_a_draft_or_an_output(
    press: Press, open_page: OpenPage, chance: random.Random, is_soak: bool, prompt: str
) -> None:
    vectors = VECTORS if is_soak else chance.sample(VECTORS, SOME)
    async with Teller(press.url) as teller:
        turns = asyncio.Semaphore(AT_ONCE)

        async def carry_out(vector: str) -> str:
            async with turns:
                return await teller.finish(prompt, {"words": vector.translate(PICTURES)})

        runs = await asyncio.gather(*map(carry_out, vectors))
    # Without the policy, so that the sanitiser is seen to be enough by itself.
    page = await open_page(press.url, bypass_csp=True)
    await page.add_init_script(path=POISON)
    await log_in(page)

    assert await page.evaluate(SHOW, runs) == [[], []]


async def test_nothing_runs_or_loads_while_it_is_streamed_in_pieces(
    press: Press, open_page: OpenPage, chance: random.Random, is_soak: bool
) -> None:
    page = await open_page(press.url, bypass_csp=True)
    await page.add_init_script(path=POISON)
    await log_in(page)
    await page.evaluate(WATCH)
    for vectors in groups(chance, len(VECTORS) if is_soak else FEW):
        await generate(page, "Note", words=write_in_pieces(vectors, chance))
        await see_end(page)

    assert await page.evaluate("() => [poison, executed]") == [[], []]
