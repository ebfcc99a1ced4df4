/** Making content without a stream: asking for the result until it is there. */

import { sendAuthorized } from "./authorize.js";
import type { Surroundings } from "./link.js";
import { ApiError } from "./errors.js";
import { backOff, pause } from "./pause.js";
import { isPassing, noAnswer, readFailure } from "./problem.js";
import type { Routes } from "./routes.js";
import type { RequestFailed, Result } from "./types.js";

/** Shorter than what proxies commonly wait for an answer, 60 s. */
const WAIT_SECONDS = 25;
/** Milliseconds after which a request without an answer is dead. */
const PATIENCE = 40_000;

/** A request for a run, the same each time it is made. */
export interface Start {
  body: string;
  key: string;
}

/**
 * Start a run and return what it ended with. Each request waits for a while and is then made again with the same key,
 * so that no proxy's patience ends it. Rejects with an `ApiError`, and with the signal's reason.
 */
export async function waitForResult(
  routes: Routes,
  around: Surroundings,
  start: Start,
  onRun: (runId: string | null) => void,
  signal: AbortSignal,
): Promise<Result> {
  let isKnown = false;
  for (;;) {
    const answer = await ask(routes, around, start, { waitSeconds: WAIT_SECONDS, isKnown }, signal);
    const runId = answer.headers.get("X-Run-Id");
    onRun(runId);
    isKnown ||= runId !== null;
    if (answer.status === 200) return (await answer.json()) as Result;
  }
}

/** Start a run and return its id at once, also where the key stands for one that has ended. Rejects as above. */
export async function startRun(
  routes: Routes,
  around: Surroundings,
  start: Start,
  signal: AbortSignal,
): Promise<string> {
  try {
    const answer = await ask(routes, around, start, { waitSeconds: 0, isKnown: false }, signal);
    return ((await answer.json()) as { run_id: string }).run_id;
  } catch (error) {
    // A run's own end is no failure to start it.
    if (error instanceof ApiError && error.metadata !== null && error.runId !== null) return error.runId;
    throw error;
  }
}

/** Ask until there is an answer that is no refusal, with the same key each time, which never starts a second run. */
async function ask(
  routes: Routes,
  around: Surroundings,
  start: Start,
  { waitSeconds, isKnown }: { waitSeconds: number; isKnown: boolean },
  signal: AbortSignal,
): Promise<Response> {
  const { environment, mostFailures, trace } = around;
  for (let tries = 1, failures = 0; ; tries += 1) {
    const answer = await askOnce(routes, around, start, waitSeconds, signal);
    signal.throwIfAborted();
    if (answer instanceof Response) return answer;
    failures += environment.isOnline() ? 1 : 0;
    if (failures > mostFailures || !isWorthRepeating(answer, isKnown)) throw new ApiError(answer);
    const wait = Math.max((answer.retry_after_seconds ?? 0) * 1000, backOff(tries, 1000, environment.random));
    trace("repeat", { status: answer.status, code: answer.code, milliseconds: Math.round(wait) });
    await pause(environment, wait, signal).over;
    signal.throwIfAborted();
  }
}

async function askOnce(
  routes: Routes,
  { environment, tokens, trace }: Surroundings,
  { body, key }: Start,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Response | RequestFailed> {
  const control = new AbortController();
  const abort = (): void => control.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const timer = environment.setTimeout(abort, PATIENCE);
  try {
    const answer = await sendAuthorized(tokens, (headers) => routes.run(body, key, waitSeconds, headers, control.signal));
    if (!answer.ok) return await readFailure(answer);
    // All of it, while it is watched over: a body that is cut is a request without an answer.
    return new Response(await answer.text(), answer);
  } catch (error) {
    trace("broke", { error: String(error) });
    return noAnswer();
  } finally {
    environment.clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** Whether a failure is the way's and not the run's: a run's own end carries what the run says of itself. */
function isWorthRepeating(failure: RequestFailed, isKnown: boolean): boolean {
  if (failure.metadata !== null) return false;
  if (failure.status === 0) return true;
  const isOfTheWay = failure.code.startsWith("http_") || failure.code === "draining";
  return isPassing(failure.status) && (isOfTheWay || isKnown);
}
