/** Who is logged in, and what is kept of it where. */

import { expect, it } from "vitest";

import { createSession } from "../session.js";
import type { Me, Session } from "../types.js";
import { type Answer, json, Network, problem, settle, unreachable, World } from "./rig.js";

const ANN: Me = { user_id: "u1", name: "ann", roles: ["author"], expires_at: "2026-01-01T00:15:00Z", today: { cost_usd: 0, cost_usd_limit: null, tokens: 0, tokens_limit: null } };
const tokens = (token: string, seconds = 900): Answer => json({ access_token: token, expires_in: seconds, token_type: "Bearer" });

function make(...answers: Answer[]): { session: Session; network: Network; world: World } {
  const [network, world] = [new Network(...answers), new World()];
  return { session: createSession({ environment: world.environment(network.fetch) }), network, world };
}

async function loggedIn(...more: Answer[]): Promise<ReturnType<typeof make>> {
  const made = make(tokens("a1"), json(ANN), ...more);
  await made.session.login("ann", "secret");
  return made;
}

it("a log-in asks for the cookie, and gives the token to nobody but requests", async () => {
  const { session, network } = await loggedIn();

  expect(network.lines).toEqual(["POST /auth/login", "GET /auth/me"]);
  expect(JSON.parse(network.asked[0]?.body ?? "")).toEqual({ username: "ann", password: "secret", cookie: true });
  expect(network.asked[1]?.headers.get("Authorization")).toBe("Bearer a1");
  expect([session.user(), await session.get(), JSON.stringify(session)]).toEqual([ANN, "a1", expect.not.stringContaining("a1")]);
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
});

it("a log-in with a wrong password rejects with the server's words, and nobody is logged in", async () => {
  const { session } = make(problem(401, "invalid_credentials"));

  await expect(session.login("ann", "wrong")).rejects.toMatchObject({ code: "invalid_credentials", message: "It is invalid_credentials." });
  expect(session.user()).toBeNull();
});

it("a server that is not there is an error with a code", async () => {
  const { session } = make(unreachable());

  await expect(session.login("ann", "secret")).rejects.toMatchObject({ status: 0, code: "unreachable" });
});

it("a page that was loaded again goes on with the browser's cookie", async () => {
  const { session, network } = make(tokens("a2"), json(ANN));

  expect(await session.restore()).toEqual(ANN);
  expect([network.lines, network.asked[0]?.body]).toEqual([["POST /auth/refresh", "GET /auth/me"], null]);
});

it("a page without a cookie is nobody's", async () => {
  const { session } = make(problem(401, "missing_token"));

  expect([await session.restore(), session.user(), await session.get()]).toEqual([null, null, null]);
});

it("many who want a newer token at once share one refresh, because each refresh token works once", async () => {
  const { session, network } = await loggedIn(tokens("a2"));

  const got = await Promise.all([1, 2, 3].map(() => session.refresh("a1")));

  expect([got, await session.refresh("a1"), network.lines.slice(2)]).toEqual([["a2", "a2", "a2"], "a2", ["POST /auth/refresh"]]);
});

it("tabs refresh one after the other", async () => {
  const { session, network, world } = make(tokens("a2"));
  const locks: string[] = [];
  const environment = { ...world.environment(network.fetch), lock: <T>(name: string, action: () => Promise<T>) => (locks.push(name), action()) };
  const other = createSession({ environment });
  await Promise.all([session.refresh(null), other.refresh(null)]);

  expect(locks).toEqual(["galley-session"]);
});

it("a token near its end is renewed before it is sent, and sent as it is where that fails", async () => {
  const { session, world, network } = await loggedIn(unreachable(), tokens("a2"));
  world.milliseconds = 880_000;
  expect(await session.get()).toBe("a1");
  world.milliseconds = 891_000;

  expect([await session.get(), await session.get()]).toEqual(["a1", "a2"]);
  expect(network.lines.slice(2)).toEqual(["POST /auth/refresh", "POST /auth/refresh"]);
});

it("the end of the session is told, and the next log-in too", async () => {
  const { session } = await loggedIn(problem(401, "token_revoked"), tokens("a3"), json(ANN));
  const told: unknown[] = [];
  session.onChange((user) => told.push(user));
  const stop = session.onLogin(() => told.push("login"));

  expect(await session.refresh("a1")).toBeNull();
  await session.login("ann", "secret");
  stop();

  expect(told).toEqual([null, ANN, "login"]);
});

it("a log-out forgets the token even where the server can't be told, and says that it was not", async () => {
  const { session, network } = await loggedIn(unreachable());

  await expect(session.logout()).rejects.toMatchObject({ code: "unreachable" });
  expect([session.user(), await session.get()]).toEqual([null, null]);
  expect(network.asked.at(-1)?.headers.get("Authorization")).toBe("Bearer a1");
});

it("a listener that throws does not keep the others from hearing", async () => {
  const { session, world } = await loggedIn(json({}, 200));
  const told: unknown[] = [];
  session.onChange(() => {
    throw new Error("of the page");
  });
  session.onChange((user) => told.push(user));
  await session.logout();
  await settle();

  expect([told, world.faults.length]).toEqual([[null], 1]);
});
