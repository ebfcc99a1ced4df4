/** What the client does when nothing comes any more. */

import { describe, expect, it } from "vitest";

import { streamOf } from "./recorded.js";
import { type Answer, Pipe, stream } from "./rig.js";
import { begin, EVENTS, rest } from "./scene.js";

const HEARTBEAT = ": ka\n";

describe("a silent connection", () => {
  it("is told as stalled after one heartbeat is missing, and left after the next", async () => {
    const pipe = new Pipe();
    const { world, notes } = await begin([pipe.answer, rest]);
    await pipe.write(streamOf(EVENTS.slice(0, 3)));

    await world.pass(22);
    expect(notes.states.at(-1)).toBe("open");
    await world.pass(1);
    expect(notes.states.at(-1)).toBe("stalled");
    await world.pass(14);
    expect(pipe.isAborted).toBe(false);
    await world.pass(1);
    expect([pipe.isAborted, notes.reconnects[0]?.reason]).toEqual([true, "silent"]);
    await world.pass(1);
    expect(notes.events).toEqual(EVENTS);
  });

  it("is none while heartbeats come", async () => {
    const pipe = new Pipe();
    const { world, notes } = await begin([pipe.answer, rest]);
    await pipe.write(streamOf(EVENTS.slice(0, 3)));
    for (let beat = 0; beat < 40; beat += 1) {
      await world.pass(15);
      await pipe.write(HEARTBEAT);
    }

    expect([notes.states, notes.reconnects]).toEqual([["connecting", "open"], []]);
  });

  it("that wakes up is told as open again", async () => {
    const pipe = new Pipe();
    const { world, notes } = await begin([pipe.answer]);
    await world.pass(30);
    await pipe.write(HEARTBEAT);

    expect(notes.states).toEqual(["connecting", "open", "stalled", "open"]);
  });

  it("that never answers is left too", async () => {
    const never: Answer = (_, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError"))));
    const { world, notes } = await begin([never, stream([streamOf(EVENTS)])]);
    await world.pass(39);

    expect(notes.reconnects.map(({ reason }) => reason)).toEqual(["silent"]);
    expect(notes.events).toEqual(EVENTS);
  });
});
