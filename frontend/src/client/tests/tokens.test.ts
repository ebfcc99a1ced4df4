/** What the client does when its access token ends. */

import { describe, expect, it } from "vitest";

import { createGenerationService } from "../service.js";
import { controlFrame, streamOf } from "./recorded.js";
import { type Answer, Network, Notes, Pipe, problem, Purse, settle, World } from "./rig.js";
import { BEGINNING, begin, EVENTS, rest } from "./scene.js";

describe("an access token", () => {
  it("that is about to end is renewed, and the stream goes on with the new one", async () => {
    const pipe = new Pipe();
    const { network, world, notes, purse, isDone } = await begin([pipe.answer, rest]);
    await pipe.write(streamOf(EVENTS.slice(0, 3)) + controlFrame("auth_expiring", { seconds: 30 }));
    await world.pass(0);

    expect(network.asked.map(({ headers }) => headers.get("Authorization"))).toEqual(["Bearer t1", "Bearer t2"]);
    expect([purse.refreshes, pipe.isAborted, notes.events, isDone()]).toEqual([1, true, EVENTS, true]);
  });

  it("that ended in mid-run is renewed once, however many streams find out", async () => {
    const purse = new Purse();
    const refused = problem(401, "token_expired");
    const byToken: Answer = (asked, signal) =>
      (asked.headers.get("Authorization") === "Bearer t1" && asked.method === "GET" ? refused : asked.method === "GET" ? rest : BEGINNING)(asked, signal);
    const network = new Network(byToken);
    const world = new World();
    const service = createGenerationService({ environment: world.environment(network.fetch), tokens: purse });
    const all = [new Notes(), new Notes(), new Notes()];
    const done = Promise.all(all.map((notes) => service.generateContentStream({ prompt: "note" }, notes.callbacks)));
    await world.pass(2);
    await done;

    expect(purse.refreshes).toBe(1);
    expect(all.map((notes) => notes.events)).toEqual([EVENTS, EVENTS, EVENTS]);
  });

  it("that can't be renewed makes it wait for the next log-in, and go on where it was", async () => {
    const purse = new Purse(1);
    const { network, world, notes, isDone } = await begin([BEGINNING, problem(401, "token_revoked"), rest], { purse });
    await world.pass(60);
    expect([notes.states.at(-1), isDone(), network.asked.length]).toEqual(["login_needed", false, 2]);

    purse.logIn("t9");
    await settle();

    expect(network.asked[2]?.headers.get("Authorization")).toBe("Bearer t9");
    expect([notes.events, isDone()]).toEqual([EVENTS, true]);
  });

  it("that is missing at the start is an error at once", async () => {
    const { notes, isDone } = await begin([problem(401, "missing_token")], { purse: new Purse(1) });

    expect([notes.errors[0]?.[1].code, isDone()]).toEqual(["missing_token", true]);
  });

  it("that is refused whenever it is new is an error in the end", async () => {
    const { world, notes, purse, isDone } = await begin([BEGINNING, problem(401, "invalid_token")]);
    await world.pass(60);

    expect([notes.errors[0]?.[1].code, purse.refreshes, isDone()]).toEqual(["invalid_token", 3, true]);
  });
});
