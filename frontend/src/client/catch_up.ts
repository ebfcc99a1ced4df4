/** Reading over a connection of its own what of a run is missing in the connection of all runs. */

import { keepConnected } from "./connection.js";
import type { Link, Surroundings } from "./link.js";
import type { EventData } from "./events.js";
import type { Routes } from "./routes.js";
import type { RunReader, Taken } from "./run_reader.js";
import type { RequestFailed } from "./types.js";

/** So many runs catch up at once, so that the browser's six connections are never all taken. */
const MOST_AT_ONCE = 2;
/** Milliseconds of silence after which nothing old is left to come. */
const QUIET = 1000;

/** What the runs of one service share. */
export interface Shared {
  routes: Routes;
  around: Surroundings;
  turns: Turns;
}

/** How many may do something, and a line of those who wait for their turn. */
export class Turns {
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  async take(): Promise<() => void> {
    if (this.#busy < MOST_AT_ONCE) this.#busy += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    };
  }
}

/** One run; `take` is told what the shared connection tells, and `onEnd` is called once, when there is no more. */
export class CatchUp {
  readonly #runId: string;
  readonly #reader: RunReader;
  readonly #shared: Shared;
  readonly #onEnd: (failure: RequestFailed | null) => void;
  #lastId = "";
  #control: AbortController | null = null;
  #isEnded = false;

  constructor(runId: string, reader: RunReader, shared: Shared, onEnd: (failure: RequestFailed | null) => void) {
    this.#runId = runId;
    this.#reader = reader;
    this.#shared = shared;
    this.#onEnd = onEnd;
  }

  take(data: EventData): Taken {
    const taken = this.#reader.take(data);
    if (taken === "gap") void this.start();
    // What the shared connection tells next is what is next here: nothing is missing between the two.
    else this.#control?.abort();
    if (this.#reader.isOver) this.end(null);
    return taken;
  }

  reset(): void {
    this.#lastId = "";
    this.#reader.reset();
  }

  end(failure: RequestFailed | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#control?.abort();
    this.#onEnd(failure);
  }

  /** Read on from a cursor until the shared connection goes on where that is, or nothing more comes for a while. */
  async start(lastId = this.#lastId): Promise<void> {
    if (this.#control !== null || this.#isEnded) return;
    const control = (this.#control = new AbortController());
    const release = await this.#shared.turns.take();
    try {
      const failure = await this.#read(control, lastId);
      if (!control.signal.aborted) this.end(failure);
    } finally {
      release();
      this.#control = null;
    }
  }

  async #read(control: AbortController, lastId: string): Promise<RequestFailed | null> {
    const { routes, around } = this.#shared;
    const { setTimeout, clearTimeout } = around.environment;
    let quiet: unknown;
    const listen = (): void => {
      clearTimeout(quiet);
      quiet = setTimeout(() => control.abort(), QUIET);
    };
    const link: Link = {
      request: (id, headers, signal) => routes.events(this.#runId, id, headers, signal),
      take: (data) => {
        listen();
        return this.#reader.take(data);
      },
      passed: (id) => void (this.#lastId = id),
      reset: () => this.reset(),
      isOver: () => this.#reader.isOver,
      isUnderWay: () => true,
    };
    const onConnection = (state: string): void => (state === "open" ? listen() : clearTimeout(quiet));
    return keepConnected(link, around, { onConnection }, { signal: control.signal, lastId });
  }
}
