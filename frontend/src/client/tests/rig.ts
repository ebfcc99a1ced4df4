/** A world for the client: a clock that is turned by hand, a network that answers from a script, and what was seen. */

import { vi } from "vitest";

import type { Environment } from "../environment.js";
import type { EventData } from "../events.js";
import type { ConnectionState, ErrorData, Reconnect, StreamCallbacks, TokenSource } from "../types.js";

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: string | null;
}

export type Answer = (asked: Asked, signal: AbortSignal | null) => Response | Promise<Response>;

/** A network that gives each request to the next answer, and to the last one when there are no more. */
export class Network {
  readonly asked: Asked[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  fetch: typeof globalThis.fetch = async (input, init) => {
    const request = input instanceof Request ? input : null;
    const url = new URL(request?.url ?? String(input), "http://galley.test");
    const headers = new Headers(init?.headers ?? request?.headers);
    const body = request === null ? ((init?.body as string | undefined) ?? null) : await request.text();
    const asked = { method: init?.method ?? request?.method ?? "GET", path: url.pathname + url.search, headers, body };
    this.asked.push(asked);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer === undefined) throw new TypeError("fetch failed");
    return answer(asked, init?.signal ?? null);
  };

  /** What was asked, in short. */
  get lines(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }
}

const encoder = new TextEncoder();

/** An answer that is a stream: these pieces, then its end, a break, or silence until it is aborted. */
export function stream(
  pieces: (string | Uint8Array)[],
  { ending = "end", headers = {} }: { ending?: "end" | "break" | "open"; headers?: Record<string, string> } = {},
): Answer {
  return (_, signal) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
        signal?.addEventListener("abort", () => {
          try {
            controller.error(new DOMException("aborted", "AbortError"));
          } catch {
            return;
          }
        });
        if (ending === "end") controller.close();
      },
      pull(controller) {
        if (ending === "break") controller.error(new TypeError("network error"));
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8", ...headers } });
  };
}

/** A stream that is written to while it is read. */
export class Pipe {
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  isAborted = false;

  answer: Answer = (_, signal) => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#controller = controller) });
    signal?.addEventListener("abort", () => {
      this.isAborted = true;
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };

  async write(text: string): Promise<void> {
    this.#controller?.enqueue(encoder.encode(text));
    await settle();
  }

  async end(): Promise<void> {
    this.#controller?.close();
    await settle();
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return () => new Response(JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

export function problem(status: number, code: string, more: Record<string, unknown> = {}, headers = {}): Answer {
  return json({ type: "about:blank", title: code, status, code, detail: `It is ${code}.`, ...more }, status, headers);
}

export function unreachable(): Answer {
  return () => {
    throw new TypeError("fetch failed");
  };
}

/** Let everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that is turned by hand, chance that is always one half, and a network cable. */
export class World {
  milliseconds = 0;
  isOnline = true;
  debug = false;
  readonly faults: unknown[] = [];
  readonly #timers = new Map<number, { due: number; call: () => void }>();
  readonly #listeners = new Set<() => void>();
  #ids = 0;
  #uuids = 0;

  environment(fetch: typeof globalThis.fetch): Environment {
    return {
      fetch,
      now: () => this.milliseconds,
      setTimeout: (call, milliseconds) => {
        this.#timers.set(++this.#ids, { due: this.milliseconds + milliseconds, call });
        return this.#ids;
      },
      clearTimeout: (timer) => void this.#timers.delete(timer as number),
      random: () => 0.5,
      uuid: () => `00000000-0000-4000-8000-${String(++this.#uuids).padStart(12, "0")}`,
      isOnline: () => this.isOnline,
      onOnline: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      lock: (_, action) => action(),
      channel: () => null,
      setting: () => (this.debug ? "true" : null),
      report: (error) => void this.faults.push(error),
    };
  }

  /** Let time pass; what falls due happens in order. */
  async pass(seconds: number): Promise<void> {
    await settle();
    const end = this.milliseconds + seconds * 1000;
    for (;;) {
      const [id, next] = [...this.#timers].sort(([, a], [, b]) => a.due - b.due)[0] ?? [];
      if (id === undefined || next === undefined || next.due > end) break;
      this.#timers.delete(id);
      this.milliseconds = Math.max(this.milliseconds, next.due);
      next.call();
      await settle();
    }
    this.milliseconds = end;
    await settle();
  }

  async comeOnline(): Promise<void> {
    this.isOnline = true;
    for (const listener of [...this.#listeners]) listener();
    await settle();
  }

  /** What is left behind: timers, and listeners for the network. */
  get leftovers(): number {
    return this.#timers.size + this.#listeners.size;
  }
}

/** Tokens that are renewed in order: "t1", "t2" ... up to a last one, after which a log-in is needed. */
export class Purse implements TokenSource {
  refreshes = 0;
  token: string | null = "t1";
  readonly #last: number;
  #listeners = new Set<() => void>();

  constructor(last = 99) {
    this.#last = last;
  }

  get = (): string | null => this.token;

  refresh = async (stale: string | null): Promise<string | null> => {
    if (this.token !== stale) return this.token;
    this.refreshes += 1;
    this.token = this.refreshes >= this.#last ? null : `t${this.refreshes + 1}`;
    return this.token;
  };

  onLogin = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  logIn(token: string): void {
    this.token = token;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Callbacks that write down what they are told. */
export class Notes {
  readonly events: EventData[] = [];
  readonly texts: string[] = [];
  readonly errors: [string, ErrorData][] = [];
  readonly reconnects: Reconnect[] = [];
  readonly states: ConnectionState[] = [];
  resets = 0;

  readonly callbacks = {
    onEvent: (data) => void this.events.push(data),
    onDelta: (text) => void this.texts.push(text),
    onError: (message, data) => void this.errors.push([message, data]),
    onReconnect: (reconnect) => void this.reconnects.push(reconnect),
    onConnection: (state) => void this.states.push(state),
    onReset: () => {
      this.resets += 1;
      this.events.length = 0;
      this.texts.length = 0;
    },
  } satisfies StreamCallbacks;

  get seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }
}

/** Wait, in real time, until something is so. */
export function until(condition: () => boolean): Promise<void> {
  return vi.waitFor(
    () => {
      if (!condition()) throw new Error("it is not so yet");
    },
    { timeout: 5000, interval: 5 },
  );
}
