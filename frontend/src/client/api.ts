/** The routes beside the making of content, typed by the server's OpenAPI description. */

import createClient from "openapi-fetch";

import { reaching, sendAuthorized } from "./authorize.js";
import { completeEnvironment, findBaseUrl } from "./environment.js";
import { ApiError } from "./errors.js";
import type { paths } from "./openapi.js";
import { readFailure } from "./problem.js";
import type { Api, ApiOptions } from "./types.js";

/** Make a client of the other routes; it asks as whoever `tokens` speak for. */
export function createApi(options: ApiOptions): Api {
  const environment = completeEnvironment(options);
  const client = createClient<paths>({ fetch: send });
  const baseUrl = (): string => findBaseUrl(options);

  function send(request: Request): Promise<Response> {
    return sendAuthorized(options.tokens, (authorization) => {
      const copy = request.clone();
      for (const [name, value] of Object.entries(authorization)) copy.headers.set(name, value);
      return environment.fetch(copy);
    }).then(refuse);
  }

  function sendPath(path: string, init: RequestInit = {}): Promise<Response> {
    return sendAuthorized(options.tokens, (authorization) => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(authorization)) headers.set(name, value);
      return environment.fetch(`${baseUrl()}${path}`, { ...init, headers });
    }).then(refuse);
  }

  const key = (given?: string): Record<string, string> => ({ "Idempotency-Key": given ?? environment.uuid() });

  return {
    me: () => get(client.GET("/auth/me", { baseUrl: baseUrl() })),
    listRuns: (query = {}) => get(client.GET("/runs", { baseUrl: baseUrl(), params: { query } })),
    getRun: (run_id) => get(client.GET("/runs/{run_id}", { baseUrl: baseUrl(), params: { path: { run_id } } })),
    deleteRun: async (run_id) => {
      await reaching(() => client.DELETE("/runs/{run_id}", { baseUrl: baseUrl(), params: { path: { run_id } } }));
    },
    cancelRun: (run_id, waitSeconds = 0) =>
      get(
        client.POST("/runs/{run_id}/cancel", {
          baseUrl: baseUrl(),
          params: { path: { run_id }, header: waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : {} },
        }),
      ),
    startRun: async (body, given) => {
      const { response, data } = await reaching(() =>
        client.POST("/run", { baseUrl: baseUrl(), body, headers: { Prefer: "respond-async", ...key(given) } }),
      );
      // A key that is known may stand for a run that has ended: then its result comes.
      return response.status === 202
        ? (data as { run_id: string; status: "queued" })
        : { run_id: (data as { run_id: string }).run_id, status: "complete" };
    },
    rerun: (run_id, body = {}, given) =>
      get(
        client.POST("/runs/{run_id}/rerun", {
          baseUrl: baseUrl(),
          params: { path: { run_id } },
          body,
          headers: key(given),
        }),
      ),
    listPrompts: async () => (await get(client.GET("/prompts", { baseUrl: baseUrl() }))).prompts,
    getPrompt: (name) => get(client.GET("/prompts/{name}", { baseUrl: baseUrl(), params: { path: { name } } })),
    publishPrompt: async (name, source) => {
      const { response, data } = await reaching(() =>
        client.POST("/prompts/{name}/versions", {
          baseUrl: baseUrl(),
          params: { path: { name } },
          body: source as never,
          bodySerializer: (text: unknown) => text as string,
          headers: { "Content-Type": "application/yaml" },
        }),
      );
      return { prompt: whole(data), isNew: response.status === 201 };
    },
    listModels: async () => (await get(client.GET("/models", { baseUrl: baseUrl() }))).models,
    send: (path, init) => reaching(() => sendPath(path, init)),
  };
}

async function refuse(response: Response): Promise<Response> {
  if (!response.ok) throw new ApiError(await readFailure(response));
  return response;
}

function get<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return reaching(async () => whole((await answer).data));
}

function whole<T>(data: T | undefined): T {
  // An answer that is no refusal has a body on every route that is read here, unless it was cut.
  if (data === undefined) throw new TypeError("The answer has no body.");
  return data;
}
