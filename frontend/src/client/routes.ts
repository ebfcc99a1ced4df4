/** The requests that make content and follow it. */

import type { Environment } from "./environment.js";

export interface Routes {
  /** Start a run, or attach to the one that the key stands for, and stream it. */
  stream: (body: string, key: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  /** Start a run, or attach to the one that the key stands for, and wait so many seconds for its result. */
  run: (
    body: string,
    key: string,
    waitSeconds: number,
    headers: Record<string, string>,
    signal: AbortSignal,
  ) => Promise<Response>;
  events: (runId: string, lastId: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  allEvents: (lastId: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  cancel: (runId: string, headers: Record<string, string>) => Promise<Response>;
}

export function routesOf(environment: Environment, baseUrl: () => string): Routes {
  const accept = { Accept: "text/event-stream" };

  function get(path: string, lastId: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const cursor: Record<string, string> = lastId === "" ? {} : { "Last-Event-ID": lastId };
    // `no-store`: a browser that kept a stream would answer the next request for it from what it kept.
    const init = { headers: { ...accept, ...cursor, ...headers }, signal, cache: "no-store" as const };
    return environment.fetch(`${baseUrl()}${path}`, init);
  }

  function post(path: string, body: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const init = { method: "POST", body, headers: { "Content-Type": "application/json", ...headers }, signal };
    return environment.fetch(`${baseUrl()}${path}`, init);
  }

  return {
    stream: (body, key, headers, signal) =>
      post("/run/stream", body, { ...accept, "Idempotency-Key": key, ...headers }, signal),
    run: (body, key, waitSeconds, headers, signal) =>
      post("/run", body, { Prefer: waitSeconds > 0 ? `wait=${waitSeconds}` : "respond-async", "Idempotency-Key": key, ...headers }, signal),
    events: (runId, lastId, headers, signal) => get(`/runs/${runId}/events`, lastId, headers, signal),
    allEvents: (lastId, headers, signal) => get("/events", lastId, headers, signal),
    cancel: (runId, headers) => environment.fetch(`${baseUrl()}/runs/${runId}/cancel`, { method: "POST", headers }),
  };
}
