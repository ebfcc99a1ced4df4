/** Many runs over one connection, in one tab and in several. */

import { describe, expect, it } from "vitest";

import type { Channel, Environment } from "../environment.js";
import type { EventData } from "../events.js";
import { createGenerationService } from "../service.js";
import type { GenerationService, ServiceOptions } from "../types.js";
import { after, controlFrame, OTHER, RUN, streamOf, whole } from "./recorded.js";
import { type Answer, type Asked, json, Network, Notes, Pipe, problem, Purse, settle, stream, World } from "./rig.js";

const EVENTS = whole();
const OTHERS = whole(OTHER);

/** A frame of the connection of all runs, where the id stands for all of them. */
function vectorFrame(data: EventData, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function vectorFrames(events: EventData[]): string {
  return events.map((data) => vectorFrame(data)).join("");
}

/** Routes requests by path, so that their order does not matter. */
function server(routes: Record<string, Answer>): Answer {
  return (asked: Asked, signal) => {
    const route = Object.keys(routes).find((path) => asked.path.startsWith(path));
    if (route === undefined) throw new TypeError(`no route for ${asked.path}`);
    return (routes[route] as Answer)(asked, signal);
  };
}

function inTurn(...answers: Answer[]): Answer {
  return (asked, signal) => ((answers.length > 1 ? answers.shift() : answers[0]) as Answer)(asked, signal);
}

const replay = (events: EventData[]): Answer => (asked, signal) =>
  stream([streamOf(after(events, asked.headers.get("Last-Event-ID")))])(asked, signal);

function make(
  routes: Record<string, Answer>,
  more: Partial<ServiceOptions> = {},
  surroundings: Partial<Environment> = {},
): { service: GenerationService; network: Network; world: World } {
  const [network, world] = [new Network(server(routes)), new World()];
  const environment = { ...world.environment(network.fetch), ...surroundings };
  const service = createGenerationService({ environment, tokens: new Purse(), connections: "shared", ...more });
  return { service, network, world };
}

describe("followAll", () => {
  it("tells the events of many runs, each once, and resumes where it was", async () => {
    const [first, second] = [new Pipe(), new Pipe()];
    const { service, network, world } = make({ "/events": inTurn(first.answer, second.answer) });
    const notes = new Notes();
    const following = service.followAll(notes.callbacks);
    await settle();
    await first.write(vectorFrame(EVENTS[0] as EventData, "v1") + vectorFrame(OTHERS[0] as EventData) + vectorFrame(EVENTS[1] as EventData));
    await first.end();
    await world.pass(1);
    await second.write(vectorFrame(EVENTS[1] as EventData, "v2") + vectorFrames(OTHERS.slice(0, 3)));

    expect(network.asked.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, "v1"]);
    expect(notes.events).toEqual([EVENTS[0], OTHERS[0], EVENTS[1], OTHERS[1], OTHERS[2]]);
    following.close();
    await following.done;
    await settle();
    expect([second.isAborted, world.leftovers]).toEqual([true, 0]);
  });

  it("reads what is missing of one run over a connection of its own, and leaves it then", async () => {
    const [pipe, own] = [new Pipe(), new Pipe()];
    const { service, network, world } = make({ "/events": pipe.answer, "/runs/": own.answer });
    const notes = new Notes();
    const following = service.followAll(notes.callbacks);
    await settle();
    await pipe.write(vectorFrames(EVENTS.slice(5, 6)));
    await own.write(streamOf(EVENTS.slice(0, 8)));
    expect(own.isAborted).toBe(false);
    await pipe.write(vectorFrames(EVENTS.slice(8, 9)));
    expect(own.isAborted).toBe(true);
    await pipe.write(vectorFrames(EVENTS.slice(9)));

    expect(network.lines).toEqual(["GET /events", `GET /runs/${RUN}/events`]);
    expect(notes.events).toEqual(EVENTS);
    following.close();
    await settle();
    expect(world.leftovers).toBe(0);
  });

  it("remembers a run that has ended, when a resumed stream tells of its end again", async () => {
    const pipe = new Pipe();
    const { service, network } = make({ "/events": pipe.answer });
    const notes = new Notes();
    const following = service.followAll(notes.callbacks);
    await settle();
    await pipe.write(vectorFrames([...EVENTS, ...EVENTS.slice(-2)]));

    expect([notes.events, network.lines]).toEqual([EVENTS, ["GET /events"]]);
    following.close();
  });

  it("forgets one run where the server says so", async () => {
    const pipe = new Pipe();
    const { service } = make({ "/events": pipe.answer });
    const told: unknown[] = [];
    const following = service.followAll({ onEvent: ({ run_id, seq }) => told.push([run_id, seq]), onReset: (runId) => told.push(runId) });
    await settle();
    await pipe.write(vectorFrames([EVENTS[0], OTHERS[0]] as EventData[]) + controlFrame("reset", { run_id: OTHER }) + vectorFrames([OTHERS[0], EVENTS[0]] as EventData[]));

    expect(told).toEqual([[RUN, 1], [OTHER, 1], OTHER, [OTHER, 1]]);
    following.close();
  });

  it("tells of its end when it can't be connected any more", async () => {
    const { service } = make({ "/events": problem(403, "forbidden") });
    const told: unknown[] = [];
    const following = service.followAll({ onEvent: () => undefined, onError: (message, { code }) => told.push([message, code]) });
    await following.done;

    expect(told).toEqual([["It is forbidden.", "forbidden"]]);
  });
});

describe("streams over one connection", () => {
  const accepted = (runId: string): Answer => json({ run_id: runId, status: "queued" }, 202, { "X-Run-Id": runId });

  it("ten at once are one stream and ten short requests", async () => {
    const ids = Array.from({ length: 10 }, (_, at) => RUN.replace(/.$/, String(at)));
    const pipe = new Pipe();
    const { service, network } = make({ "/events": pipe.answer, "/run": inTurn(...ids.map(accepted)) });
    const all = ids.map(() => new Notes());
    const done = Promise.all(all.map((notes) => service.generateContentStream({ prompt: "note" }, notes.callbacks)));
    await settle();
    await pipe.write(": ka\n");
    const runs = ids.map((id) => whole(id));
    for (const [at] of EVENTS.entries()) await pipe.write(vectorFrames(runs.map((run) => run[at] as EventData)));
    await done;

    expect(all.map((notes) => notes.events)).toEqual(runs);
    expect(network.lines.sort()).toEqual(["GET /events", ...Array(10).fill("POST /run")]);
    expect(network.asked.filter(({ method }) => method === "POST").every(({ headers }) => headers.get("Prefer") === "respond-async")).toBe(true);
  });

  it("events that come before the answer which says whose they are, are not lost", async () => {
    const pipe = new Pipe();
    let answer = (): void => undefined;
    const late: Answer = async (...asked) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return accepted(RUN)(...asked);
    };
    const { service, network } = make({ "/events": pipe.answer, "/run": late });
    const notes = new Notes();
    const done = service.generateContentStream({ prompt: "note" }, notes.callbacks);
    await settle();
    await pipe.write(vectorFrames([...EVENTS.slice(0, 4), ...OTHERS.slice(0, 4)]));
    answer();
    await settle();
    await pipe.write(vectorFrames(EVENTS.slice(4)));
    await done;

    expect([notes.events, network.lines]).toEqual([EVENTS, ["GET /events", "POST /run"]]);
  });

  it("an attach to a run that began before reads its beginning by itself", async () => {
    const pipe = new Pipe();
    const { service, world } = make({ "/events": pipe.answer, "/runs/": stream([streamOf(EVENTS.slice(0, 7))], { ending: "open" }) });
    const notes = new Notes();
    const done = service.attach(RUN, notes.callbacks);
    await world.pass(0.1);
    expect(notes.seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await pipe.write(vectorFrames(EVENTS.slice(7)));
    await done;

    expect(notes.events).toEqual(EVENTS);
  });

  it("an attach to a quiet run does not hold a second connection for long", async () => {
    const [pipe, own] = [new Pipe(), new Pipe()];
    const { service, world } = make({ "/events": pipe.answer, "/runs/": own.answer });
    const notes = new Notes();
    void service.attach(RUN, notes.callbacks);
    await world.pass(0.1);
    await own.write(streamOf(EVENTS.slice(0, 2)));
    await world.pass(1.5);

    expect([own.isAborted, pipe.isAborted, notes.seqs]).toEqual([true, false, [1, 2]]);
  });

  it("at most two runs catch up at once", async () => {
    const ids = Array.from({ length: 6 }, (_, at) => RUN.replace(/.$/, String(at)));
    const { service, network, world } = make({ "/events": new Pipe().answer, "/runs/": (asked, signal) => new Pipe().answer(asked, signal) });
    for (const id of ids) void service.attach(id);
    await world.pass(0.1);

    expect(network.lines.filter((line) => line.includes("/runs/")).length).toBe(2);
    await world.pass(3);
    expect(network.lines.filter((line) => line.includes("/runs/")).length).toBe(6);
  });

  it("a run that ended before the connection was open is read by itself", async () => {
    const { service, world } = make({ "/events": new Pipe().answer, "/runs/": replay(EVENTS), "/run": accepted(RUN) });
    const notes = new Notes();
    const done = service.generateContentStream({ prompt: "note" }, notes.callbacks);
    await world.pass(6);
    await done;

    expect(notes.events).toEqual(EVENTS);
  });

  it("a start that is refused is told as an error", async () => {
    const { service, world } = make({ "/events": stream([": ka\n"], { ending: "open" }), "/run": problem(422, "invalid_request") });
    const notes = new Notes();
    await service.generateContentStream({ prompt: "note" }, notes.callbacks);
    await settle();

    expect(notes.errors.map(([, { code }]) => code)).toEqual(["invalid_request"]);
    expect(world.leftovers).toBe(0);
  });
});

/** A browser: its tabs share a channel and a lock. */
class Browser {
  readonly #members = new Set<Channel>();
  readonly #queue: (() => void)[] = [];
  #isHeld = false;

  surroundings(): Partial<Environment> {
    return {
      channel: () => {
        const channel: Channel = {
          onmessage: null,
          postMessage: (message) => {
            for (const other of this.#members) if (other !== channel) other.onmessage?.({ data: message } as MessageEvent);
          },
          close: () => void this.#members.delete(channel),
        };
        this.#members.add(channel);
        return channel;
      },
      lock: async (_, action, signal) => {
        while (this.#isHeld) {
          await new Promise<void>((resolve) => {
            this.#queue.push(resolve);
            signal?.addEventListener("abort", () => resolve());
          });
          signal?.throwIfAborted();
        }
        this.#isHeld = true;
        try {
          return await action();
        } finally {
          this.#isHeld = false;
          this.#queue.shift()?.();
        }
      },
    };
  }
}

describe("tabs of one user", () => {
  const tokens = Object.assign(new Purse(), { owner: () => "ann" });

  it("share one connection, and another tab goes on with it where the first one stopped", async () => {
    const browser = new Browser();
    const [first, second] = [new Pipe(), new Pipe()];
    const one = make({ "/events": first.answer }, { connections: "tabs", tokens }, browser.surroundings());
    const two = make({ "/events": second.answer }, { connections: "tabs", tokens }, browser.surroundings());
    const [a, b] = [new Notes(), new Notes()];
    const following = one.service.followAll(a.callbacks);
    await settle();
    two.service.followAll(b.callbacks);
    await settle();
    await first.write(vectorFrame(EVENTS[0] as EventData, "v1") + vectorFrames(EVENTS.slice(1, 4)));
    expect([a.seqs, b.seqs]).toEqual([[1, 2, 3, 4], [1, 2, 3, 4]]);
    expect([one.network.lines, two.network.lines]).toEqual([["GET /events"], []]);

    following.close();
    await settle();
    await second.write(vectorFrames(EVENTS.slice(2)));

    expect(two.network.asked[0]?.headers.get("Last-Event-ID")).toBe("v1");
    expect(b.events).toEqual(EVENTS);
  });

  it("tell a tab that comes later that the connection is open", async () => {
    const browser = new Browser();
    const pipe = new Pipe();
    const one = make({ "/events": pipe.answer }, { connections: "tabs", tokens }, browser.surroundings());
    one.service.followAll(new Notes().callbacks);
    await settle();
    const two = make({}, { connections: "tabs", tokens }, browser.surroundings());
    const notes = new Notes();
    two.service.followAll(notes.callbacks);
    await settle();

    expect(notes.states).toContain("open");
  });
});
