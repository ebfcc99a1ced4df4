/** Streams that break wherever they can: nothing is lost, nothing is doubled. */

import { describe, expect, it } from "vitest";

import { createGenerationService } from "../service.js";
import { after, RUN, streamOf, TEXTS, whole } from "./recorded.js";
import { type Answer, Network, Notes, Purse, stream, World } from "./rig.js";

const EVENTS = whole();
const BYTES = new TextEncoder().encode(streamOf(EVENTS));

async function follow(...answers: Answer[]): Promise<{ notes: Notes; network: Network; world: World }> {
  const [network, world, notes] = [new Network(...answers), new World(), new Notes()];
  const environment = world.environment(network.fetch);
  // Nothing here is about waiting.
  environment.setTimeout = (call, milliseconds) => (milliseconds < 10_000 ? void queueMicrotask(call) : undefined);
  const service = createGenerationService({ environment, tokens: new Purse() });
  await service.generateContentStream({ prompt: "note" }, notes.callbacks);
  return { notes, network, world };
}

/** Goes on behind the cursor that it is given, as a server does. */
const resumed: Answer = (asked, signal) =>
  stream([streamOf(after(EVENTS, asked.headers.get("Last-Event-ID")))])(asked, signal);

describe("a stream that is cut", () => {
  it.each(["end", "break"] as const)("at any byte, by its %s, goes on where it was", { timeout: 60_000 }, async (ending) => {
    for (let at = 0; at < BYTES.length; at += 1) {
      const { notes, network } = await follow(stream([BYTES.slice(0, at)], { ending }), resumed);

      expect(notes.events, `cut at byte ${at}`).toEqual(EVENTS);
      expect(notes.texts, `cut at byte ${at}`).toEqual(TEXTS);
      expect(network.asked.length).toBeLessThanOrEqual(2);
    }
  });

  it("into single bytes is the same stream", async () => {
    const { notes, network } = await follow(stream(Array.from(BYTES, (byte) => Uint8Array.of(byte))));

    expect(notes.events).toEqual(EVENTS);
    expect(network.lines).toEqual(["POST /run/stream"]);
  });

  it("after every event goes on as often", async () => {
    const steps = EVENTS.map<Answer>(() => (asked, signal) => {
      const rest = after(EVENTS, asked.headers.get("Last-Event-ID"));
      return stream([streamOf(rest.slice(0, 1))])(asked, signal);
    });

    const { notes, network } = await follow(...steps);

    expect(notes.events).toEqual(EVENTS);
    expect(network.lines).toEqual(["POST /run/stream", ...Array(EVENTS.length - 1).fill(`GET /runs/${RUN}/events`)]);
  });

  it("with line ends that a proxy made longer is the same stream", async () => {
    const { notes } = await follow(stream([streamOf(EVENTS).replaceAll("\n", "\r\n")]));

    expect(notes.events).toEqual(EVENTS);
  });
});
