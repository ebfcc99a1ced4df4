/** The usage example of docs/typescript-client.md, run as it is written there. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, it } from "vitest";

import { createGenerationService } from "../service.js";
import { streamOf, whole } from "./recorded.js";
import { type Answer, Network, problem, Purse, stream, World } from "./rig.js";

const DOCUMENT = readFileSync(resolve("../docs/typescript-client.md"), "utf8");
const EXAMPLE = /## Usage example\n\n```typescript\n([^`]+)```/.exec(DOCUMENT)?.[1] ?? "";
const NAMES = ["generationService", "params", "setStreamProgress", "setStreamDraft", "setOutput", "showToast"];

async function run(answer: Answer): Promise<unknown[][]> {
  const environment = new World().environment(new Network(answer).fetch);
  const service = createGenerationService({ environment, tokens: new Purse() });
  const told: unknown[][] = [];
  const views = NAMES.slice(2).map((name) => (...args: unknown[]) => void told.push([name, ...args]));
  const example = new Function(...NAMES, `return (async () => {${EXAMPLE}})()`) as (...args: unknown[]) => Promise<void>;
  await example(service, { prompt: "note" }, ...views);
  return told;
}

it("shows progress, the draft and the result", async () => {
  const events = whole();

  expect(await run(stream([streamOf(events)]))).toEqual([
    ["setStreamProgress", events[1]],
    ["setStreamDraft", "Tea\ntime 🍵."],
    ["setOutput", events.at(-1)],
  ]);
});

it("shows an error in the server's words", async () => {
  expect(await run(problem(422, "invalid_request"))).toEqual([["showToast", "It is invalid_request.", "error"]]);
});
