import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EventData } from "../client/index";
import { applyEvent, emptyView, isOver, type RunView } from "./view";

/** The events that Python's tests share; the last three are one run's three possible ends. */
const GOLDEN = readFileSync("../tests/fixtures/events.jsonl", "utf-8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as EventData);
const RUN = GOLDEN[0]!.run_id;

function fold(events: readonly EventData[], view: RunView = emptyView(RUN)): RunView {
  return events.reduce(applyEvent, view);
}

function event(seq: number, facts: object): EventData {
  return { run_id: RUN, seq, time: "2026-01-01T00:00:00.000Z", ...facts } as EventData;
}

const delta = (seq: number, text: string, offset: number, attempt = 1) =>
  event(seq, { type: "delta", stage: attempt === 1 ? "generator" : "retry", attempt, text, offset });

test("the golden events fold to a run that is whole", () => {
  const view = fold(GOLDEN.filter(({ type }) => type !== "error" && type !== "cancelled"));

  expect(view).toMatchObject({ status: "complete", success: true, output: "Tea time.\n", progress: 100, draft: "Tea time." });
  expect(view.prompt?.name).toBe("note");
  expect(view.usage).toMatchObject({ calls: 1, input_tokens: 12, output_tokens: 3 });
  expect(isOver(view)).toBe(true);
});

test.each(["error", "cancelled"])("a run that ends in %s keeps its text", (type) => {
  const view = fold(GOLDEN.filter((other) => other.type !== "complete" && (other.type === type || other.seq < 8)));

  expect(view.status).toBe(type);
  expect(view.draft).toBe("Tea time.");
});

test("an event that comes twice or late changes nothing", () => {
  const view = fold([delta(2, "One", 0), delta(3, " two", 3)]);

  expect(fold([delta(3, " two", 3), delta(2, "One", 0)], view)).toBe(view);
  expect(view.attempts[0]?.raw).toBe("One two");
});

test("a restart takes back the text of its stage", () => {
  const restarted = event(4, { type: "restarted", stage: "generator", attempt: 1, reason: "worker_lost", supersedes: { from_seq: 2, to_seq: 3 } });

  const view = fold([delta(2, "One", 0), delta(3, " two", 3), restarted, delta(5, "Uno", 0)]);

  expect(view.attempts[0]?.raw).toBe("Uno");
});

test("a text that begins again at offset 0 replaces the one before", () => {
  expect(fold([delta(2, "One", 0), delta(3, "Uno", 0)]).attempts[0]?.raw).toBe("Uno");
});

test("progress never goes back", () => {
  const progress = (seq: number, percent: number) => event(seq, { type: "progress", stage: "retry", message: "", progress: percent });

  expect(fold([progress(2, 85), progress(3, 80)]).progress).toBe(85);
});

test("every attempt keeps its text and its findings", () => {
  const found = [{ check: "words", message: "Too short.", where: null }];
  const view = fold([
    delta(2, "Short", 0),
    event(3, { type: "text", stage: "formatter", attempt: 1, text: "Short\n", format: "markdown", truncated: false }),
    event(4, { type: "findings", attempt: 1, passed: false, findings: found }),
    delta(5, "Long enough", 0, 2),
  ]);

  expect(view.attempts).toEqual([
    { number: 1, raw: "Short", text: "Short\n", isGrowing: false, findings: found, passed: false },
    { number: 2, raw: "Long enough", text: null, isGrowing: true, findings: null, passed: false },
  ]);
});
