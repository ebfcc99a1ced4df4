/** Failures of requests: what the server's problems (RFC 9457) and a missing answer become. */

import type { RunMetadata } from "./events.js";
import type { Problem, RequestFailed } from "./types.js";

type RunProblem = Partial<Problem> & {
  run_id?: string;
  draft?: string | null;
  metadata?: RunMetadata;
  retryable?: boolean;
};

/** Statuses that may pass by themselves. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether an answer's status may be another one soon. */
export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/** Read an answer that is a refusal; one that is no problem (a proxy's page) has the code `http_<status>`. */
export async function readFailure(response: Response): Promise<RequestFailed> {
  const problem = await readProblem(response);
  const retryAfter = readRetryAfter(response);
  return {
    ...noAnswer(),
    status: response.status,
    code: problem.code ?? `http_${response.status}`,
    message: problem.detail ?? `The server answered with status ${response.status}.`,
    retryable: problem.retryable ?? isPassing(response.status),
    retry_after_seconds: retryAfter,
    errors: problem.errors ?? [],
    run_id: problem.run_id ?? response.headers.get("X-Run-Id"),
    draft: problem.draft ?? null,
    metadata: problem.metadata ?? null,
  };
}

/** The failure of a request that got no answer. */
export function noAnswer(runId: string | null = null): RequestFailed {
  return {
    type: "request_failed",
    status: 0,
    code: "unreachable",
    message: "The server can't be reached; look at the network, then try again.",
    retryable: true,
    retry_after_seconds: null,
    errors: [],
    run_id: runId,
    stage: null,
    draft: null,
    metadata: null,
  };
}

/** Return the seconds of a Retry-After header, null where there is none or it is a date. */
export function readRetryAfter(response: Response): number | null {
  const text = response.headers.get("Retry-After");
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

async function readProblem(response: Response): Promise<RunProblem> {
  try {
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    const body: unknown = isJson ? await response.json() : null;
    return typeof body === "object" && body !== null ? (body as RunProblem) : {};
  } catch {
    return {};
  }
}
