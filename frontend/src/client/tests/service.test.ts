/** Starting, attaching, cancelling, and the calls that are wrong. */

import { describe, expect, it } from "vitest";

import { ApiError, MisuseError } from "../errors.js";
import { createGenerationService } from "../service.js";
import type { GenerateParams, GenerationService } from "../types.js";
import { idOf, OTHER, recordOf, RUN, streamOf, whole } from "./recorded.js";
import { type Answer, json, Network, Notes, Pipe, problem, Purse, settle, stream, unreachable, World } from "./rig.js";

const EVENTS = whole();
const RESULT = EVENTS.at(-1);

function make(...answers: Answer[]): { service: GenerationService; network: Network; world: World; notes: Notes } {
  const [network, world] = [new Network(...answers), new World()];
  const service = createGenerationService({ environment: world.environment(network.fetch), tokens: new Purse() });
  return { service, network, world, notes: new Notes() };
}

describe("generateContentStream", () => {
  it("tells each kind of event to its callback, with what the callback is about", async () => {
    const { service } = make(stream([streamOf(EVENTS)]));
    const told: unknown[] = [];
    const note = (name: string) => (...args: unknown[]) => void told.push([name, args.length, args[0]]);
    const names = ["onRun", "onProgress", "onDelta", "onRestarted", "onDraft", "onText", "onFindings", "onUsage", "onComplete", "onError", "onCancelled"];

    await service.generateContentStream({ prompt: "note" }, Object.fromEntries(names.map((name) => [name, note(name)])));

    expect(told).toEqual([
      ["onRun", 1, EVENTS[0]],
      ["onProgress", 1, EVENTS[1]],
      ["onDelta", 2, "Thé "],
      ["onDelta", 2, "Thé à 🍵"],
      ["onRestarted", 1, EVENTS[4]],
      ["onDelta", 2, "Tea\n"],
      ["onDelta", 2, "Tea\ntime 🍵."],
      ["onDraft", 2, "Tea\ntime 🍵."],
      ["onText", 2, "Tea time 🍵.\n"],
      ["onFindings", 2, [{ check: "words", message: "Write more.", where: null }]],
      ["onDelta", 2, "More tea."],
      ["onUsage", 1, EVENTS[11]],
      ["onComplete", 1, RESULT],
    ]);
  });

  it.each([
    [{ type: "error", code: "provider_cut", message: "It ended early.", retryable: true, stage: "generator", draft: "Tea", metadata: {} }, "onError"],
    [{ type: "cancelled", message: "The run was cancelled.", draft: "Tea", metadata: {} }, "onCancelled"],
  ] as const)("resolves after %o", async (fields, name) => {
    const ending = recordOf(RUN, [fields as never]);
    const { service } = make(stream([streamOf(ending)]));
    const told: unknown[] = [];

    await service.generateContentStream({ prompt: "note" }, { [name]: (...args: unknown[]) => told.push(args) });

    expect(told).toEqual([name === "onError" ? ["It ended early.", ending[0]] : [ending[0]]]);
  });

  it("goes on when a callback throws, and reports that", async () => {
    const { service, world, notes } = make(stream([streamOf(EVENTS)]));
    const fault = new Error("of the page");

    await service.generateContentStream({ prompt: "note" }, { ...notes.callbacks, onDraft: () => { throw fault; } });

    expect([notes.events, world.faults]).toEqual([EVENTS, [fault]]);
  });

  it("that is aborted resolves without a word, and leaves the run alone", async () => {
    const pipe = new Pipe();
    const { service, network, world, notes } = make(pipe.answer);
    const control = new AbortController();
    const done = service.generateContentStream({ prompt: "note" }, notes.callbacks, { signal: control.signal });
    await settle();
    await pipe.write(streamOf(EVENTS.slice(0, 3)));

    control.abort();
    await done;

    expect([notes.seqs, notes.errors, notes.states.at(-1)]).toEqual([[1, 2, 3], [], "closed"]);
    expect([pipe.isAborted, network.asked.length, world.leftovers]).toEqual([true, 1, 0]);
  });

  it("sends the same request when the page changes its object meanwhile", async () => {
    const { service, network, world } = make(unreachable(), stream([streamOf(EVENTS)]));
    const params: GenerateParams = { prompt: "note", inputs: { topic: "tea" } };
    const done = service.generateContentStream(params);
    params.inputs = { topic: "coffee" };
    await world.pass(1);
    await done;

    expect(network.asked.map(({ body }) => body)).toEqual(Array(2).fill('{"prompt":"note","inputs":{"topic":"tea"}}'));
  });

  it("gives each start a key of its own, and the page's where it gives one", async () => {
    const { service, network } = make(stream([streamOf(EVENTS)]));
    await service.generateContentStream({ prompt: "note" });
    await service.generateContentStream({ prompt: "note" });
    await service.generateContentStream({ prompt: "note" }, {}, { key: "form-7" });

    const keys = network.asked.map(({ headers }) => headers.get("Idempotency-Key"));
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("form-7");
  });

  it("pressed twice with one key starts one run, as the server sees it", async () => {
    const runs = new Map<string, string>();
    const server: Answer = (asked, signal) => {
      const key = asked.headers.get("Idempotency-Key") ?? "";
      runs.set(key, runs.get(key) ?? RUN);
      return stream([streamOf(EVENTS)])(asked, signal);
    };
    const { service, notes } = make(server);
    await Promise.all([1, 2].map(() => service.generateContentStream({ prompt: "note" }, notes.callbacks, { key: "form-7" })));

    expect([...runs]).toEqual([["form-7", RUN]]);
  });
});

describe("misuse", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const good = { prompt: "note" };

  it.each<[string, (service: GenerationService) => Promise<unknown>]>([
    ["no parameters", (service) => service.generateContentStream(undefined as never)],
    ["no prompt", (service) => service.generateContentStream({ inputs: {} } as never)],
    ["an empty prompt", (service) => service.generateContent({ prompt: "" })],
    ["parameters that are no JSON", (service) => service.generateContentStream({ ...good, inputs: circle })],
    ["a callback that is no function", (service) => service.generateContentStream(good, { onDraft: "draft" as never })],
    ["callbacks that are no object", (service) => service.generateContentStream(good, null as never)],
    ["a key with a line end", (service) => service.generateContentStream(good, {}, { key: "a\nb" })],
    ["a run id with a slash", (service) => service.attach("../auth")],
    ["a cancel of nothing", (service) => service.cancel()],
  ])("%s is rejected before anything is sent", async (_, call) => {
    const { service, network } = make(stream([streamOf(EVENTS)]));

    await expect(call(service)).rejects.toBeInstanceOf(MisuseError);
    expect(network.asked).toEqual([]);
  });
});

describe("attach", () => {
  it("tells a run from its beginning", async () => {
    const { service, network, notes } = make(stream([streamOf(EVENTS)]));
    await service.attach(RUN, notes.callbacks);

    expect([network.lines, notes.events]).toEqual([[`GET /runs/${RUN}/events`], EVENTS]);
  });

  it("goes on from a record with its text", async () => {
    const record = { cursor: idOf(EVENTS[5] as (typeof EVENTS)[0]), partial: "Tea\n" };
    const { service, network, notes } = make(stream([streamOf(EVENTS.slice(6))]));
    await service.attach(RUN, notes.callbacks, { record });

    expect(network.asked[0]?.headers.get("Last-Event-ID")).toBe(record.cursor);
    expect([notes.events, notes.texts]).toEqual([EVENTS.slice(6), ["Tea\ntime 🍵.", "More tea."]]);
  });

  it("resolves at once where the record shows the end", async () => {
    const { service, notes } = make(() => new Response(null, { status: 204 }));
    await service.attach(RUN, notes.callbacks, { record: { cursor: `${RUN}:1-13`, partial: null } });

    expect([notes.events, notes.errors]).toEqual([[], []]);
  });

  it("never tells the events of another run as its own", async () => {
    const { service, world, notes } = make(stream([streamOf(whole(OTHER))]), stream([streamOf(EVENTS)]));
    const done = service.attach(RUN, notes.callbacks);
    await world.pass(1);
    await done;

    expect(notes.events).toEqual(EVENTS);
  });
});

describe("cancel", () => {
  const accepted = json({ run_id: RUN, status: "running" }, 202);

  it("asks for the end of the run that is under way, once its id is known", async () => {
    const pipe = new Pipe();
    const { service, network } = make(pipe.answer, accepted);
    const done = service.generateContentStream({ prompt: "note" });
    await settle();
    const cancelled = service.cancel();
    await settle();
    expect(network.asked.length).toBe(1);

    await pipe.write(streamOf(EVENTS.slice(0, 1)));
    await cancelled;

    expect(network.lines[1]).toBe(`POST /runs/${RUN}/cancel`);
    await pipe.write(streamOf(EVENTS.slice(1)));
    await done;
  });

  it("of a run that was refused meanwhile has nothing to do", async () => {
    const { service, network } = make(async (...asked) => {
      await settle();
      return problem(422, "invalid_request")(...asked);
    });
    const done = service.generateContentStream({ prompt: "note" });
    await service.cancel();
    await done;

    expect(network.lines).toEqual(["POST /run/stream"]);
  });

  it("of a run that the server does not know rejects with its problem", async () => {
    const { service } = make(problem(404, "run_not_found"));

    await expect(service.cancel(OTHER)).rejects.toMatchObject({ code: "run_not_found", status: 404 });
  });
});

describe("generateContent", () => {
  it("asks with a key until the result is there", async () => {
    const { service, network } = make(json({ run_id: RUN, status: "running" }, 202, { "X-Run-Id": RUN }), json(RESULT, 200));

    expect(await service.generateContent({ prompt: "note" })).toEqual(RESULT);
    expect(network.lines).toEqual(["POST /run", "POST /run"]);
    expect(network.asked.map(({ headers }) => [headers.get("Prefer"), headers.get("Idempotency-Key")])).toEqual(
      Array(2).fill(["wait=25", "00000000-0000-4000-8000-000000000001"]),
    );
  });

  it.each([
    ["a lost answer", unreachable()],
    ["a gateway's timeout", (() => new Response("late", { status: 504 })) as Answer],
    ["a server that goes away", problem(503, "draining", { run_id: RUN }, { "Retry-After": "1" })],
  ])("repeats after %s", async (_, trouble) => {
    const { service, world, network } = make(trouble, json(RESULT, 200));
    const result = service.generateContent({ prompt: "note" });
    await world.pass(2);

    expect(await result).toEqual(RESULT);
    expect(new Set(network.asked.map(({ headers }) => headers.get("Idempotency-Key"))).size).toBe(1);
  });

  it("rejects with the run's own failure at once, although its status may pass", async () => {
    const failed = { run_id: RUN, stage: "generator", retryable: true, draft: "Tea", metadata: { run_id: RUN } };
    const going = json({ run_id: RUN, status: "running" }, 202, { "X-Run-Id": RUN });
    const { service, network } = make(going, problem(503, "provider_overloaded", failed));

    const error: unknown = await service.generateContent({ prompt: "note" }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "provider_overloaded", draft: "Tea", runId: RUN, retryable: true });
    expect(network.asked.length).toBe(2);
  });

  it("rejects with the signal's reason when it is aborted", async () => {
    const { service } = make((_, signal) => new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new TypeError("aborted")))));
    const control = new AbortController();
    const result = service.generateContent({ prompt: "note" }, { signal: control.signal });
    await settle();
    control.abort(new Error("left the page"));

    await expect(result).rejects.toThrow("left the page");
  });
});
