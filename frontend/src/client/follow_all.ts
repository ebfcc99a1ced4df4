/** Telling of all live runs at once. */

import { CatchUp, type Shared } from "./catch_up.js";
import type { EventData } from "./events.js";
import type { Hub } from "./hub.js";
import { RunReader, type Taken } from "./run_reader.js";
import type { FollowAllCallbacks, Following, RequestFailed } from "./types.js";

/** Runs that ended and are remembered, because a resumed stream may tell of their last events again. */
const MOST_ENDED = 500;

/** Follow every run that the hub tells of, each event once, until closed or failed. */
export function followAll(
  hub: Hub,
  shared: Shared,
  callbacks: FollowAllCallbacks,
  signal?: AbortSignal,
): Following {
  const runs = new Map<string, CatchUp>();
  const ended = new Set<string>();
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));

  function find(runId: string): CatchUp {
    const known = runs.get(runId);
    if (known !== undefined) return known;
    const told = { onEvent: callbacks.onEvent, onReset: () => callbacks.onReset?.(runId) };
    const reader = new RunReader(told, shared.around.environment);
    const run = new CatchUp(runId, reader, shared, () => forget(runId));
    runs.set(runId, run);
    return run;
  }

  function forget(runId: string): void {
    runs.delete(runId);
    ended.add(runId);
    const [oldest] = ended;
    if (ended.size > MOST_ENDED && oldest !== undefined) ended.delete(oldest);
  }

  function close(failure: RequestFailed | null): void {
    stop();
    signal?.removeEventListener("abort", abort);
    for (const run of [...runs.values()]) run.end(null);
    if (failure !== null) callbacks.onError?.(failure.message, failure);
    finish();
  }

  const stop = hub.listen({
    take: (data: EventData): Taken => (ended.has(data.run_id) ? "seen" : find(data.run_id).take(data)),
    reset: (runId) => {
      if (runId === null) return [...runs.values()].forEach((run) => run.reset());
      ended.delete(runId);
      find(runId).reset();
    },
    fail: close,
    callbacks,
  });
  const abort = (): void => close(null);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return { done, close: abort };
}
