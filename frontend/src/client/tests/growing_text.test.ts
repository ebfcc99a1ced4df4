/** The text of the stage under way, as deltas, restarts and new attempts leave it. */

import { expect, it } from "vitest";

import type { DeltaData } from "../events.js";
import { GrowingText, RunReader } from "../run_reader.js";
import { RUN } from "./recorded.js";

function delta(seq: number, text: string, offset: number, attempt = 1): DeltaData {
  return { run_id: RUN, seq, time: "2026-01-01T00:00:00Z", type: "delta", stage: "generator", attempt, text, offset };
}

it("grows by each delta", () => {
  const text = new GrowingText();

  expect([text.grow(delta(3, "Tea ", 0)), text.grow(delta(4, "time", 4))]).toEqual(["Tea ", "Tea time"]);
});

it("loses exactly the deltas that are superseded", () => {
  const text = new GrowingText();
  for (const [seq, word] of [[3, "a"], [4, "b"], [5, "c"]] as const) text.grow(delta(seq, word, seq - 3));
  text.drop({ from_seq: 4, to_seq: 5 });

  expect(text.grow(delta(7, "d", 1))).toBe("ad");
});

it("loses nothing to a restart that supersedes nothing", () => {
  const text = new GrowingText();
  text.grow(delta(3, "a", 0));
  text.drop(null);

  expect(text.grow(delta(5, "b", 1))).toBe("ab");
});

it("begins anew with another attempt, and with an offset of nothing", () => {
  const text = new GrowingText();
  text.grow(delta(3, "a", 0));

  expect(text.grow(delta(4, "b", 1, 2))).toBe("b");
  expect(text.grow(delta(5, "c", 0, 2))).toBe("c");
});

it("goes on from the text of a record, which a restart takes back", () => {
  const text = new GrowingText("Tea ");
  expect(text.grow(delta(5, "time", 4))).toBe("Tea time");
  text.drop({ from_seq: 3, to_seq: 5 });

  expect(text.grow(delta(7, "Milk", 0))).toBe("Milk");
});

it("is told to callbacks without what a restart in the middle of a stage took back", () => {
  const texts: string[] = [];
  const reader = new RunReader({ onDelta: (text) => texts.push(text) }, { report: () => undefined });
  const head = { run_id: RUN, time: "2026-01-01T00:00:00Z" };
  reader.take(delta(1, "a", 0));
  reader.take(delta(2, "b", 1));
  reader.take({ ...head, seq: 3, type: "restarted", stage: "generator", attempt: 1, reason: "worker_lost", supersedes: { from_seq: 2, to_seq: 2 } });
  reader.take(delta(4, "c", 1));

  expect(texts).toEqual(["a", "ab", "ac"]);
});
