/** Following one run over a connection of its own. */

import type { Start } from "./blocking.js";
import { keepConnected } from "./connection.js";
import type { Link, Surroundings } from "./link.js";
import type { LiveRun } from "./live_run.js";
import type { Routes } from "./routes.js";
import type { RunReader } from "./run_reader.js";
import type { ConnectionCallbacks, RequestFailed } from "./types.js";

/** What every way of following a run needs. */
export interface Following {
  run: LiveRun;
  reader: RunReader;
  callbacks: ConnectionCallbacks;
  /** What to start, for a run that is not there yet. */
  start?: Start | undefined;
  /** Where to go on in one that is. */
  cursor?: string | undefined;
  signal: AbortSignal;
}

/** Follow a run to its end; resolves with null, or with why it can't be followed any more. */
export function followOwn(
  routes: Routes,
  around: Surroundings,
  { run, reader, callbacks, start, cursor, signal }: Following,
): Promise<RequestFailed | null> {
  const link: Link = {
    request: async (lastId, headers, abort) => {
      if (run.id !== null || start === undefined) return routes.events(run.id ?? "", lastId, headers, abort);
      const response = await routes.stream(start.body, start.key, headers, abort);
      if (response.ok) run.know(response.headers.get("X-Run-Id"));
      return response;
    },
    take: (data) => {
      run.know(data.run_id);
      return data.run_id === run.id ? reader.take(data) : "gap";
    },
    reset: () => reader.reset(),
    isOver: () => reader.isOver,
    isUnderWay: () => run.id !== null,
  };
  return keepConnected(link, around, callbacks, { signal, lastId: cursor ?? "" });
}
