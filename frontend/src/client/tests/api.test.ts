/** The other routes: what is asked, and what comes of it. */

import { expect, it } from "vitest";

import { createApi } from "../api.js";
import type { Api } from "../types.js";
import { OTHER, RUN } from "./recorded.js";
import { type Answer, json, Network, problem, Purse, unreachable, World } from "./rig.js";

function make(...answers: Answer[]): { api: Api; network: Network; purse: Purse } {
  const [network, purse] = [new Network(...answers), new Purse()];
  const environment = new World().environment(network.fetch);
  return { api: createApi({ baseUrl: "http://galley.test", environment, tokens: purse }), network, purse };
}

const ACCEPTED = { run_id: RUN, status: "queued" };

it.each<[string, (api: Api) => Promise<unknown>, Answer, unknown]>([
  ["GET /auth/me", (api) => api.me(), json({ name: "ann" }), { name: "ann" }],
  ["GET /runs?status=queued&status=running&text=tea", (api) => api.listRuns({ status: ["queued", "running"], text: "tea" }), json({ runs: [], next: null }), { runs: [], next: null }],
  [`GET /runs/${RUN}`, (api) => api.getRun(RUN), json({ run_id: RUN }), { run_id: RUN }],
  [`DELETE /runs/${RUN}`, (api) => api.deleteRun(RUN), () => new Response(null, { status: 204 }), undefined],
  [`POST /runs/${RUN}/cancel`, (api) => api.cancelRun(RUN, 5), json(ACCEPTED, 202), ACCEPTED],
  [`POST /runs/${OTHER}/rerun`, (api) => api.rerun(OTHER, { model: "other" }), json(ACCEPTED, 202), ACCEPTED],
  ["POST /run", (api) => api.startRun({ prompt: "note" }), json(ACCEPTED, 202), ACCEPTED],
  ["POST /run", (api) => api.startRun({ prompt: "note" }, "known"), json({ run_id: RUN, output: "Tea." }), { run_id: RUN, status: "complete" }],
  ["GET /prompts", (api) => api.listPrompts(), json({ prompts: [{ name: "note" }] }), [{ name: "note" }]],
  ["GET /prompts/note%403", (api) => api.getPrompt("note@3"), json({ name: "note", version: 3 }), { name: "note", version: 3 }],
  ["POST /prompts/note/versions", (api) => api.publishPrompt("note", "name: note\n"), json({ version: 4 }, 201), { prompt: { version: 4 }, isNew: true }],
  ["GET /models", (api) => api.listModels(), json({ models: [{ id: "sample" }] }), [{ id: "sample" }]],
])("%s", async (line, call, answer, expected) => {
  const { api, network } = make(answer);

  expect(await call(api)).toEqual(expected);
  expect(network.lines).toEqual([line]);
  expect(network.asked[0]?.headers.get("Authorization")).toBe("Bearer t1");
});

it("a prompt set is sent as it was written", async () => {
  const { api, network } = make(json({ version: 1 }, 200));
  const source = 'name: note\ntitle: "Nötes"\n';

  expect((await api.publishPrompt("note", source)).isNew).toBe(false);
  expect([network.asked[0]?.body, network.asked[0]?.headers.get("Content-Type")]).toEqual([source, "application/yaml"]);
});

it("runs are started with a key, so that a repeated request starts none", async () => {
  const { api, network } = make(json(ACCEPTED, 202));
  await api.startRun({ prompt: "note" });
  await api.rerun(RUN, {}, "mine");

  expect(network.asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["00000000-0000-4000-8000-000000000001", "mine"]);
});

it("a token that is over is renewed, and the request sent again as it was", async () => {
  const { api, network, purse } = make(problem(401, "token_expired"), json(ACCEPTED, 202));
  await api.rerun(RUN, { model: "other" });

  expect(network.asked.map(({ body, headers }) => [body, headers.get("Authorization")])).toEqual([
    ['{"model":"other"}', "Bearer t1"],
    ['{"model":"other"}', "Bearer t2"],
  ]);
  expect(purse.refreshes).toBe(1);
});

it("a refusal is an error with all that the server said", async () => {
  const errors = [{ pointer: "/inputs", detail: "is missing", line: 4 }];
  const { api } = make(problem(422, "invalid_prompt_set", { errors }, { "Retry-After": "3" }));

  await expect(api.publishPrompt("note", "")).rejects.toMatchObject({
    name: "ApiError",
    status: 422,
    code: "invalid_prompt_set",
    message: "It is invalid_prompt_set.",
    retryable: false,
    retryAfterSeconds: 3,
    errors,
  });
});

it("a server that can't be reached is an error too", async () => {
  const { api } = make(unreachable());

  await expect(api.getRun(RUN)).rejects.toMatchObject({ status: 0, code: "unreachable", retryable: true });
});

it("any other request is sent as the user", async () => {
  const { api, network } = make(problem(401, "token_expired"), json({ tags: [] }));

  expect(await (await api.send("/tags?limit=5")).json()).toEqual({ tags: [] });
  expect(network.asked.map(({ path, headers }) => [path, headers.get("Authorization")])).toEqual([
    ["/tags?limit=5", "Bearer t1"],
    ["/tags?limit=5", "Bearer t2"],
  ]);
});
