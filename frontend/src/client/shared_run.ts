/** Following one run over the connection of all runs. */

import { startRun } from "./blocking.js";
import { CatchUp, type Shared } from "./catch_up.js";
import { ApiError } from "./errors.js";
import type { EventData } from "./events.js";
import type { Hub } from "./hub.js";
import type { Following } from "./own_run.js";
import type { RequestFailed } from "./types.js";

/** Milliseconds after which a run that was started here should have been told of. */
const FIRST_EVENT = 2000;
/** Events kept until the answer says which run was started; what is missing then is caught up with. */
const MOST_EARLY = 200;

/** Follow a run to its end; resolves with null, or with why it can't be followed any more. */
export async function followShared(hub: Hub, shared: Shared, following: Following): Promise<RequestFailed | null> {
  const { run, reader, callbacks, start, cursor, signal } = following;
  const { environment } = shared.around;
  const early: EventData[] = [];
  let mine: CatchUp | null = null;
  let isToldOf = false;
  let end: (failure: RequestFailed | null) => void = () => undefined;
  const ended = new Promise<RequestFailed | null>((resolve) => (end = resolve));
  const stop = hub.listen({
    take: (data) => {
      if (mine === null && early.length < MOST_EARLY) early.push(data);
      if (mine === null || data.run_id !== run.id) return "seen";
      isToldOf = true;
      return mine.take(data);
    },
    reset: (runId) => void ((runId === null || runId === run.id) && mine?.reset()),
    fail: end,
    callbacks,
  });
  const abort = (): void => end(null);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  let timer: unknown;
  try {
    if (start !== undefined) {
      // First, or the run's first events would be told to nobody here.
      await hub.opened();
      run.know(await startRun(shared.routes, shared.around, start, signal));
    }
    const catching = (mine = new CatchUp(run.id ?? "", reader, shared, end));
    for (const data of early.splice(0)) {
      if (data.run_id !== run.id) continue;
      isToldOf = true;
      catching.take(data);
    }
    const look = (): void => {
      if (start === undefined || !isToldOf) void catching.start(cursor);
    };
    timer = environment.setTimeout(look, start === undefined ? 0 : FIRST_EVENT);
    const failure = await ended;
    catching.end(null);
    return failure;
  } catch (error) {
    if (error instanceof ApiError) return error.failure;
    if (signal.aborted) return null;
    throw error;
  } finally {
    environment.clearTimeout(timer);
    stop();
    signal.removeEventListener("abort", abort);
  }
}
