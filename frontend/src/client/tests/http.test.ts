/** The client and Node's own fetch against a real server: sockets that break, tokens that end. */

import { afterEach, beforeEach, expect, it } from "vitest";

import { createGenerationService } from "../service.js";
import type { GenerationService } from "../types.js";
import { RunServer } from "./http_server.js";
import { RUN, streamOf, TEXTS, whole } from "./recorded.js";
import { Notes, Purse } from "./rig.js";

const EVENTS = whole();
const LENGTH = new TextEncoder().encode(streamOf(EVENTS)).length;

let server: RunServer;
let service: GenerationService;
let notes: Notes;
let purse: Purse;

beforeEach(async () => {
  server = new RunServer(EVENTS);
  notes = new Notes();
  purse = new Purse();
  const refresh = purse.refresh;
  purse.refresh = async (stale) => (server.good = (await refresh(stale)) ?? "");
  service = createGenerationService({ baseUrl: await server.open(), tokens: purse });
});

afterEach(() => server.close());

it("a whole stream arrives over one request", async () => {
  await service.generateContentStream({ prompt: "note" }, notes.callbacks);

  expect([notes.events, notes.texts, server.asked]).toEqual([EVENTS, TEXTS, ["POST /run/stream"]]);
});

it("a socket that is destroyed in the middle of every connection loses nothing and doubles nothing", async () => {
  // A prime step, so that the cuts fall on every kind of byte, and each stream gets a little further than the last.
  server.cuts = Array.from({ length: 25 }, (_, at) => (at * 97) % LENGTH);

  await service.generateContentStream({ prompt: "note" }, notes.callbacks);

  expect([notes.events, notes.texts]).toEqual([EVENTS, TEXTS]);
  expect([...server.started.values()]).toEqual([RUN]);
});

it("a token that ends in mid-run is renewed over there and here", async () => {
  server.expiresAfter = 4;

  await service.generateContentStream({ prompt: "note" }, notes.callbacks);

  expect([notes.events, purse.refreshes, server.good]).toEqual([EVENTS, 1, "t2"]);
});

it("a token that was over before the start is renewed", async () => {
  server.good = "another";

  await service.generateContentStream({ prompt: "note" }, notes.callbacks);

  expect([notes.events, purse.refreshes]).toEqual([EVENTS, 1]);
});

it("an abort closes the socket", async () => {
  const control = new AbortController();
  const onRun = (): void => control.abort();

  await service.generateContentStream({ prompt: "note" }, { ...notes.callbacks, onRun }, { signal: control.signal });

  expect(notes.seqs[0]).toBe(1);
  expect(notes.errors).toEqual([]);
});
