/** What a connection needs to know of those who use it. */

import type { Trace } from "./debug.js";
import type { Environment } from "./environment.js";
import type { EventData } from "./events.js";
import type { Taken } from "./run_reader.js";
import type { TokenSource } from "./types.js";

/** What is asked for, and who takes what comes. */
export interface Link {
  /** Ask for what follows the frame with that id; "" asks for everything. */
  request: (lastId: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  take: (data: EventData) => Taken;
  /** Forget a run, or all there is. */
  reset: (runId: string | null) => void;
  isOver: () => boolean;
  /** That was taken; a stream that is asked for again goes on behind it. */
  passed?: (id: string) => void;
  /** Whether there is something to lose: if not, a refusal is told at once instead of waited out. */
  isUnderWay: () => boolean;
}

/** What every connection of a service shares. */
export interface Surroundings {
  environment: Environment;
  tokens: TokenSource;
  trace: Trace;
  heartbeatSeconds: number;
  mostFailures: number;
}
