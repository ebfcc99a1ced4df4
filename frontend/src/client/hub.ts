/** All live runs of the user over one connection, for everybody here who listens. */

import { keepConnected } from "./connection.js";
import { guard } from "./environment.js";
import type { Link, Surroundings } from "./link.js";
import type { EventData } from "./events.js";
import type { Taken } from "./run_reader.js";
import type { Routes } from "./routes.js";
import type { ConnectionCallbacks, ConnectionState, RequestFailed } from "./types.js";

export interface Listener {
  /** An event of any run; some come twice, and some may be missing before it. */
  take: (data: EventData) => Taken;
  /** The server tells of a run from its beginning again. */
  reset: (runId: string | null) => void;
  /** There is no connection any more, and there will be none. */
  fail: (failure: RequestFailed) => void;
  callbacks: ConnectionCallbacks;
}

export type Connect = typeof keepConnected;

/** Milliseconds that somebody waits for the connection to open before going on without. */
const OPENING = 3000;

/** It is connected for as long as somebody listens. */
export class Hub {
  readonly #routes: Routes;
  readonly #around: Surroundings;
  readonly #connect: Connect;
  readonly #listeners = new Set<Listener>();
  #control: AbortController | null = null;
  #state: ConnectionState = "closed";
  #openings: (() => void)[] = [];

  constructor(routes: Routes, around: Surroundings, connect: Connect = keepConnected) {
    this.#routes = routes;
    this.#around = around;
    this.#connect = connect;
  }

  /** Listen from now on; returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#control === null) void this.#run();
    else guard(this.#around.environment, () => listener.callbacks.onConnection?.(this.#state));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#control?.abort();
    };
  }

  /** Resolve once the connection is open, or when waiting for that takes too long. */
  async opened(): Promise<void> {
    if (this.#state === "open") return;
    const { setTimeout, clearTimeout } = this.#around.environment;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPENING);
      this.#openings.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #run(): Promise<void> {
    const control = (this.#control = new AbortController());
    const link: Link = {
      request: (lastId, headers, signal) => this.#routes.allEvents(lastId, headers, signal),
      take: (data) => this.#take(data),
      reset: (runId) => this.#each(({ reset }) => reset(runId)),
      isOver: () => false,
      isUnderWay: () => true,
    };
    const callbacks: ConnectionCallbacks = {
      onConnection: (state) => {
        this.#state = state;
        if (state === "open") this.#openings.splice(0).forEach((open) => open());
        this.#each(({ callbacks }) => guard(this.#around.environment, () => callbacks.onConnection?.(state)));
      },
      onReconnect: (reconnect) => this.#each(({ callbacks }) => guard(this.#around.environment, () => callbacks.onReconnect?.(reconnect))),
    };
    const failure = await this.#connect(link, this.#around, callbacks, { signal: control.signal });
    this.#control = null;
    if (failure !== null) this.#each(({ fail }) => fail(failure));
    // Whoever came while the last connection was being closed.
    else if (this.#listeners.size > 0) void this.#run();
  }

  #take(data: EventData): Taken {
    let isNew = false;
    this.#each(({ take }) => {
      if (take(data) === "new") isNew = true;
    });
    return isNew ? "new" : "seen";
  }

  #each(action: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) action(listener);
  }
}
