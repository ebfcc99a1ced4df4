/** The types are the server's: the description they are made from, and the events that Python's tests share. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, expectTypeOf, it } from "vitest";

import type { components } from "../openapi.js";
import type { CompleteData, EventData, EventType } from "../events.js";
import { parseEvent, RunReader } from "../run_reader.js";
import { Notes } from "./rig.js";

/** Tests are run from the folder of the page. */
const FRONTEND = resolve(".");
const GOLDEN = readFileSync(resolve(FRONTEND, "../tests/fixtures/events.jsonl"), "utf8").trimEnd().split("\n");

/** What each type of event must carry; a type that the description gains is missing here until it is added. */
const FIELDS = {
  run: { status: "string", prompt: "object", model: "string" },
  progress: { stage: "string", message: "string", progress: "number" },
  delta: { stage: "string", attempt: "number", text: "string", offset: "number" },
  draft: { stage: "string", message: "string", progress: "number", draft: "string", attempt: "number", truncated: "boolean" },
  text: { stage: "string", attempt: "number", text: "string", format: "string", truncated: "boolean" },
  findings: { attempt: "number", passed: "boolean", findings: "object" },
  usage: { stage: "string", attempt: "number", model: "string", input_tokens: "number", output_tokens: "number", cached_tokens: "number", cost_usd: "number", estimated: "boolean" },
  restarted: { stage: "string", attempt: "number", reason: "string", supersedes: "object" },
  complete: { success: "boolean", output: "string", metadata: "object" },
  error: { code: "string", message: "string", retryable: "boolean", stage: "string", draft: "string", metadata: "object" },
  cancelled: { message: "string", draft: "string", metadata: "object" },
} satisfies { [T in EventType]: Partial<Record<keyof Extract<EventData, { type: T }>, string>> };

describe("the golden events", () => {
  it.each(GOLDEN)("%s", (line) => {
    const data = parseEvent(line);
    expect(data).toEqual(JSON.parse(line));

    const fields = FIELDS[(data as EventData).type];
    for (const [name, type] of Object.entries(fields)) expect([name, typeof (data as never)[name]]).toEqual([name, type]);
  });

  it("are of all the types there are", () => {
    expect(new Set(GOLDEN.map((line) => parseEvent(line)?.type))).toEqual(new Set(Object.keys(FIELDS)));
  });

  it("reach their callbacks up to the run's end", () => {
    const notes = new Notes();
    const reader = new RunReader(notes.callbacks, { report: () => undefined });
    for (const line of GOLDEN) reader.take(parseEvent(line) as EventData);

    expect(notes.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(notes.texts).toEqual([(JSON.parse(GOLDEN[2] as string) as { text: string }).text]);
  });
});

describe("what is no event", () => {
  it.each(["", "{", "null", "1", "[]", "{}", '{"run_id":1,"seq":1,"type":"run"}', '{"run_id":"a","seq":0,"type":"run"}', '{"run_id":"a","seq":1.5,"type":"run"}', '{"run_id":"a","seq":1}'])(
    "%s is not read as one",
    (text) => expect(parseEvent(text)).toBeNull(),
  );
});

it("events are those of the description, with metadata that says what is in it", () => {
  expectTypeOf<EventType>().toEqualTypeOf<components["schemas"]["Event"]["type"]>();
  expectTypeOf<CompleteData>().toExtend<components["schemas"]["RunCompleted"]>();
});

it("openapi.d.ts is what docs/openapi.json makes; if not: npm run types", () => {
  const { scripts } = JSON.parse(readFileSync(resolve(FRONTEND, "package.json"), "utf8")) as { scripts: { types: string } };
  const [command, ...args] = scripts.types.split(" ") as [string, ...string[]];
  const tool = resolve(FRONTEND, "node_modules/.bin", command);

  expect(() => execFileSync(process.execPath, [tool, ...args, "--check"], { cwd: FRONTEND, stdio: "pipe" })).not.toThrow();
}, 30_000);
