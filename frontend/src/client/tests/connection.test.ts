/** What the client does about everything that happens to a connection. */

import { describe, expect, it } from "vitest";

import { controlFrame, frameOf, idOf, RUN, streamOf } from "./recorded.js";
import { type Answer, json, problem, settle, stream, unreachable } from "./rig.js";
import { BEGINNING, begin, EVENTS, rest } from "./scene.js";

const [FIRST, SECOND, THIRD] = EVENTS as [(typeof EVENTS)[0], (typeof EVENTS)[0], (typeof EVENTS)[0]];

describe("a reconnect", () => {
  it("asks behind the last event, after a pause with jitter", async () => {
    const { network, world, notes, isDone } = await begin([BEGINNING, rest]);
    const reconnects = notes.reconnects.map(({ attempt, reason, delay_seconds }) => [attempt, reason, delay_seconds]);

    expect(reconnects).toEqual([[1, "cut", 0.5]]);
    expect(network.lines).toEqual(["POST /run/stream"]);
    await world.pass(0.5);
    expect(network.lines).toEqual(["POST /run/stream", `GET /runs/${RUN}/events`]);
    expect(network.asked[1]?.headers.get("Last-Event-ID")).toBe(idOf(EVENTS[4] as (typeof EVENTS)[0]));
    expect([notes.events, isDone(), world.leftovers]).toEqual([EVENTS, true, 0]);
  });

  it("waits twice as long each time, up to 15 seconds, halved by chance", async () => {
    const { world, notes } = await begin([BEGINNING, unreachable()]);

    await world.pass(40);

    expect(notes.reconnects.map(({ delay_seconds }) => delay_seconds)).toEqual([0.5, 1, 2, 4, 7.5, 7.5, 7.5, 7.5, 7.5]);
  });

  it("waits as long as the server says at first", async () => {
    const { notes } = await begin([stream([`retry: 4000\n${frameOf(FIRST)}`])]);

    expect(notes.reconnects[0]?.delay_seconds).toBe(2);
  });

  it("waits no shorter than the server asks when it is busy", async () => {
    const { world, notes } = await begin([BEGINNING, problem(429, "too_many_requests", {}, { "Retry-After": "9" }), rest]);

    await world.pass(0.5);

    expect(notes.reconnects.at(-1)).toMatchObject({ reason: "busy", delay_seconds: 9 });
  });

  it("is made at once when the browser comes online, and what failed before does not count as a reason to give up", async () => {
    const { world, network, notes, isDone } = await begin([BEGINNING, ...Array(9).fill(unreachable()), rest], {
      mostFailures: 3,
    });
    world.isOnline = false;
    await world.pass(47);
    const before = network.asked.length;

    await world.comeOnline();

    expect([before, network.asked.length]).toEqual([10, 11]);
    expect([notes.events, isDone()]).toEqual([EVENTS, true]);
  });

  it("is made at once by whoever calls retry", async () => {
    const { world, notes, isDone } = await begin([BEGINNING, rest]);

    notes.reconnects[0]?.retry();
    await settle();

    expect([isDone(), world.leftovers]).toEqual([true, 0]);
  });

  it("is given up after too many failures in a row, with an error that says so", async () => {
    const { world, notes, isDone } = await begin([BEGINNING, unreachable()], { mostFailures: 3 });

    await world.pass(60);

    expect(notes.errors.map(([, { code, run_id }]) => [code, run_id])).toEqual([["connection_lost", RUN]]);
    expect([isDone(), world.leftovers]).toEqual([true, 0]);
  });
});

describe("a start", () => {
  it("whose answer was lost is repeated with the same key and the same body", async () => {
    const { world, network, notes } = await begin([unreachable(), stream([]), stream([streamOf(EVENTS)])]);

    await world.pass(5);

    expect(network.lines).toEqual(Array(3).fill("POST /run/stream"));
    expect(new Set(network.asked.map(({ headers, body }) => `${headers.get("Idempotency-Key")} ${body}`)).size).toBe(1);
    expect(network.asked[0]?.headers.get("Idempotency-Key")).toBe("00000000-0000-4000-8000-000000000001");
    expect(notes.events).toEqual(EVENTS);
  });

  it("that was answered with a run id is never posted again, even without an event", async () => {
    const { world, network } = await begin([stream([], { headers: { "X-Run-Id": RUN } }), rest]);

    await world.pass(1);

    expect(network.lines).toEqual(["POST /run/stream", `GET /runs/${RUN}/events`]);
    expect(network.asked[1]?.headers.get("Last-Event-ID")).toBeNull();
  });

  it("that is refused is told as an error at once, with the places of the faults", async () => {
    const errors = [{ pointer: "/inputs/topic", detail: "must be a text" }];
    const { notes, isDone, network } = await begin([problem(422, "invalid_request", { errors })]);

    expect(notes.errors).toEqual([["It is invalid_request.", expect.objectContaining({ status: 422, errors })]]);
    expect([isDone(), network.asked.length]).toEqual([true, 1]);
  });

  it("that finds too many live runs says when to come back instead of waiting", async () => {
    const { notes, isDone } = await begin([problem(429, "too_many_live_runs", {}, { "Retry-After": "5" })]);

    expect(notes.errors[0]?.[1]).toMatchObject({ code: "too_many_live_runs", retryable: true, retry_after_seconds: 5 });
    expect(isDone()).toBe(true);
  });

  it("that meets a gateway without a server behind it is repeated", async () => {
    const gateway: Answer = () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    const { world, notes } = await begin([gateway, stream([streamOf(EVENTS)])]);

    await world.pass(1);

    expect(notes.events).toEqual(EVENTS);
  });
});

describe("ids", () => {
  it("that come twice are told of once", async () => {
    const twice = EVENTS.flatMap((data) => [frameOf(data), frameOf(data)]);
    const { notes } = await begin([stream(twice)]);

    expect(notes.events).toEqual(EVENTS);
  });

  it("out of order are asked for again in theirs", async () => {
    const mixed = [FIRST, THIRD, SECOND].map(frameOf).join("");
    const { network, world, notes } = await begin([stream([mixed]), rest]);
    await world.pass(0);

    expect(network.asked[1]?.headers.get("Last-Event-ID")).toBe(idOf(FIRST));
    expect(notes.reconnects.map(({ reason, delay_seconds }) => [reason, delay_seconds])).toEqual([["gap", 0]]);
    expect(notes.events).toEqual(EVENTS);
  });

  it("that a server leaves out again make the client ask for everything", async () => {
    const hole = stream([frameOf(FIRST), frameOf(THIRD)]);
    const { network, world, notes } = await begin([hole, stream([frameOf(THIRD)]), rest]);
    await world.pass(5);

    expect(network.asked.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, idOf(FIRST), null]);
    expect(notes.events).toEqual(EVENTS);
  });

  it("of a broken frame are not counted as seen", async () => {
    const broken = frameOf(SECOND).replace('{"run_id"', '{"run_id');
    const { network, world, notes } = await begin([stream([frameOf(FIRST), broken]), rest]);
    await world.pass(0);

    expect(network.asked[1]?.headers.get("Last-Event-ID")).toBe(idOf(FIRST));
    expect(notes.events).toEqual(EVENTS);
  });

  it("of events of a type that is not known yet are passed over without a hole", async () => {
    const strange = { ...SECOND, type: "applause" } as unknown as (typeof EVENTS)[0];
    const { notes, isDone } = await begin([stream([FIRST, strange, ...EVENTS.slice(2)].map(frameOf))]);

    expect(notes.events.filter(({ type }) => (type as string) !== "applause")).toEqual([FIRST, ...EVENTS.slice(2)]);
    expect([isDone(), notes.reconnects]).toEqual([true, []]);
  });
});

describe("a word about the stream", () => {
  it("`draining` makes the client come again at once", async () => {
    const { world, notes, isDone } = await begin([stream([streamOf(EVENTS.slice(0, 3)), controlFrame("draining")], { ending: "open" }), rest]);
    await world.pass(0);

    expect(notes.reconnects.map(({ reason, delay_seconds }) => [reason, delay_seconds])).toEqual([["draining", 0]]);
    expect([notes.events, isDone()]).toEqual([EVENTS, true]);
  });

  it("`draining` as the only word, again and again, is waited out", async () => {
    const { world, notes } = await begin([BEGINNING, stream([controlFrame("draining")])]);
    await world.pass(10);

    expect(notes.reconnects.map(({ delay_seconds }) => delay_seconds)).toEqual([0.5, 1, 2, 4, 7.5]);
  });

  it("`reset` makes it forget everything and tell it all again", async () => {
    const { world, notes, isDone } = await begin([BEGINNING, stream([controlFrame("reset"), streamOf(EVENTS)])]);
    await world.pass(1);

    expect(notes.resets).toBe(1);
    expect(notes.events).toEqual(EVENTS);
    expect(notes.texts).toEqual(["Thé ", "Thé à 🍵", "Tea\n", "Tea\ntime 🍵.", "More tea."]);
    expect(isDone()).toBe(true);
  });

  it("a cursor that the server does not know any more is dropped", async () => {
    const { network, world, notes } = await begin([BEGINNING, problem(400, "invalid_cursor"), rest]);
    await world.pass(2);

    expect(network.asked[2]?.headers.get("Last-Event-ID")).toBeNull();
    expect([notes.resets, notes.events]).toEqual([1, EVENTS]);
  });

  it("that is not known yet is passed over", async () => {
    const { notes, isDone } = await begin([stream([controlFrame("weather", { sky: "blue" }), streamOf(EVENTS)])]);

    expect([notes.events, isDone()]).toEqual([EVENTS, true]);
  });
});

describe("a stream that is done", () => {
  it("takes nothing that comes behind the end", async () => {
    const more = { ...FIRST, seq: EVENTS.length + 1 };
    const { notes, network } = await begin([stream([streamOf(EVENTS), frameOf(more)])]);

    expect([notes.events, network.asked.length]).toEqual([EVENTS, 1]);
  });

  it("has left no timer and no listener behind, and told that it is closed", async () => {
    const { world, notes } = await begin([stream([streamOf(EVENTS)])]);

    expect([world.leftovers, notes.states]).toEqual([0, ["connecting", "open", "closed"]]);
  });

  it("of a run that is gone is an error", async () => {
    const { world, notes, isDone } = await begin([BEGINNING, problem(404, "run_not_found")]);
    await world.pass(1);

    expect([notes.errors[0]?.[1].code, isDone()]).toEqual(["run_not_found", true]);
  });
});

it("an answer that is a page of a captive portal is no stream", async () => {
  const { world, notes } = await begin([json({ welcome: "to this hotel" }), stream([streamOf(EVENTS)])]);
  await world.pass(1);

  expect(notes.reconnects.map(({ reason }) => reason)).toEqual(["unreachable"]);
  expect(notes.events).toEqual(EVENTS);
});
