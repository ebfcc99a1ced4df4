/** DEBUG_STREAMING: what it shows, and what it never shows. */

import { beforeEach, expect, it, vi } from "vitest";

import { debugLog, redact, traceFor } from "../debug.js";
import { createGenerationService } from "../service.js";
import { frameOf, streamOf, whole } from "./recorded.js";
import { Network, problem, Purse, stream, World } from "./rig.js";

const EVENTS = whole();
const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";

beforeEach(() => {
  debugLog.clear();
  vi.spyOn(console, "debug").mockImplementation(() => undefined);
});

async function runOnce(debug: boolean): Promise<void> {
  const world = new World();
  world.debug = debug;
  const mixed = stream([`: ka\n${frameOf(EVENTS[0] as never)}${frameOf(EVENTS[2] as never)}`]);
  const network = new Network(mixed, problem(401, "token_expired"), stream([streamOf(EVENTS)]));
  const purse = new Purse();
  purse.token = TOKEN;
  const service = createGenerationService({ environment: world.environment(network.fetch), tokens: purse });
  const done = service.generateContentStream({ prompt: "note" });
  await world.pass(5);
  await done;
}

it("nothing is kept or printed unless it is asked for", async () => {
  await runOnce(false);

  expect([debugLog.lines(), vi.mocked(console.debug).mock.calls]).toEqual([[], []]);
});

it("it shows requests, answers, frames with their ids, heartbeats, gaps and reconnects", async () => {
  await runOnce(true);
  const lines = debugLog.lines();

  for (const what of ["request", "answer", "frame", "comment", "gap", "reconnect"]) {
    expect(lines.some((line) => line.split(" ")[1] === what), what).toBe(true);
  }
  expect(debugLog.text()).toContain(`"id":"${EVENTS[0]?.run_id}:1-1"`);
  expect(lines.length).toBe(vi.mocked(console.debug).mock.calls.length);
});

it("it never shows a token", async () => {
  await runOnce(true);
  traceFor({ ...new World().environment(fetch), setting: () => "true" })("odd", { Authorization: `Bearer ${TOKEN}` });

  expect(debugLog.text()).not.toContain("eyJ");
  expect(JSON.stringify(vi.mocked(console.debug).mock.calls)).not.toContain("eyJ");
});

it.each([
  [`Authorization: Bearer ${TOKEN}`],
  [`{"access_token":"${TOKEN}","expires_in":900}`],
  ['{"password":"c2lnbmF0dXJl"}'],
  [`refresh_token=${TOKEN}&a=b`],
  [`a text with ${TOKEN} in it`],
  ["authorization: bearer c2lnbmF0dXJl"],
  [JSON.stringify({ body: JSON.stringify({ password: "c2lnbmF0dXJl" }) })],
])("%s is redacted", (text) => {
  expect(redact(text)).toContain("[redacted]");
  expect(redact(text)).not.toContain("c2lnbmF0dXJl");
});

it("it keeps the newest 1000 lines, none of them endless", () => {
  const trace = traceFor({ ...new World().environment(fetch), setting: () => "true" });
  for (let at = 0; at < 1500; at += 1) trace("frame", { at, data: "x".repeat(5000) });

  const lines = debugLog.lines();
  expect([lines.length, lines[0]?.includes('"at":500'), Math.max(...lines.map(({ length }) => length))]).toEqual([1000, true, 2000]);
});
