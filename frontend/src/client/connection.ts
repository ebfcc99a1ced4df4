/** Keeping a stream of events open until it is over: one loop for a run's own stream and for the one of all runs. */

import { authorizationOf } from "./authorize.js";
import { guard } from "./environment.js";
import { type Frame, type FrameReader, readFrames } from "./frames.js";
import type { Link, Surroundings } from "./link.js";
import { backOff, pause } from "./pause.js";
import { isPassing, noAnswer, readFailure } from "./problem.js";
import { parseEvent } from "./run_reader.js";
import type {
  ConnectionCallbacks,
  ConnectionState,
  ReconnectReason,
  RequestFailed,
} from "./types.js";
import { watch } from "./watch.js";

/** Why a try ended: for good, or for another one. */
type Ending =
  | { again: false; failure: RequestFailed | null }
  | { again: true; reason: ReconnectReason | "login"; retryAfter?: number | null };

const OVER: Ending = { again: false, failure: null };
/** Of these reasons none says that the server has trouble, so the first try is made at once. */
const AT_ONCE = new Set<string>(["draining", "auth_expiring", "unauthorized", "gap"]);
/** Refusals that pass by themselves, also before there is a run. */
const PASSING_CODES = new Set(["draining", "store_unavailable"]);
/** Milliseconds after which an open connection counts as a good one. */
const PROVEN = 1000;
const MOST_REFUSED_TOKENS = 3;

/**
 * Stay connected until the link is over or `signal` aborts; then resolve with null, or with what can't be mended by
 * trying again. A stream that ends in any other way is asked for again, behind the last frame that was taken.
 */
export function keepConnected(
  link: Link,
  surroundings: Surroundings,
  callbacks: ConnectionCallbacks,
  { signal, lastId = "" }: { signal: AbortSignal; lastId?: string },
): Promise<RequestFailed | null> {
  return new Connection(link, surroundings, callbacks, signal, lastId).keep();
}

class Connection {
  readonly #link: Link;
  readonly #around: Surroundings;
  readonly #callbacks: ConnectionCallbacks;
  readonly #signal: AbortSignal;
  #lastId: string;
  #state: ConnectionState | null = null;
  #attempt = 0;
  #failures = 0;
  #gaps = 0;
  #refusedTokens = 0;
  #base = 1000;
  #isProven = false;

  constructor(link: Link, around: Surroundings, callbacks: ConnectionCallbacks, signal: AbortSignal, lastId: string) {
    this.#link = link;
    this.#around = around;
    this.#callbacks = callbacks;
    this.#signal = signal;
    this.#lastId = lastId;
  }

  async keep(): Promise<RequestFailed | null> {
    try {
      while (!this.#signal.aborted) {
        this.#tell("connecting");
        const ending = await this.#try();
        if (this.#signal.aborted) return null;
        if (!ending.again) return ending.failure;
        if (ending.reason === "login") await this.#login();
        else if (!(await this.#wait(ending.reason, ending.retryAfter ?? 0))) return lost();
      }
      return null;
    } finally {
      this.#tell("closed");
    }
  }

  /** Connect once and read until the connection ends in whatever way. */
  async #try(): Promise<Ending> {
    const { environment, tokens, trace, heartbeatSeconds } = this.#around;
    const control = new AbortController();
    const abort = (): void => control.abort();
    this.#signal.addEventListener("abort", abort);
    let why: ReconnectReason = "unreachable";
    const end = (reason: ReconnectReason): void => {
      why = reason;
      control.abort();
    };
    const watching = watch(environment, heartbeatSeconds, {
      onStall: () => this.#state === "open" && this.#tell("stalled"),
      onRecover: () => this.#state === "stalled" && this.#tell("open"),
      onDeath: () => end("silent"),
    });
    this.#isProven = false;
    try {
      const token = await tokens.get();
      trace("request", { last_id: this.#lastId, attempt: this.#attempt });
      const response = await this.#link.request(this.#lastId, authorizationOf(token), control.signal);
      trace("answer", { status: response.status });
      if (!isStream(response)) return await this.#refused(response, token);
      watching.feed();
      this.#tell("open");
      why = "cut";
      const openedAt = environment.now();
      const reader: FrameReader = {
        onFrame: (frame) => this.#take(frame, token, (reason) => (why = reason), end),
        onComment: (text) => trace("comment", { text }),
        onRetry: (milliseconds) => (this.#base = milliseconds),
        onBytes: () => {
          watching.feed();
          if (environment.now() - openedAt >= PROVEN) this.#prove();
        },
      };
      await readFrames(response.body, reader, control.signal);
    } catch (error) {
      trace("broke", { reason: why, error: String(error) });
    } finally {
      watching.stop();
      this.#signal.removeEventListener("abort", abort);
      control.abort();
    }
    return this.#link.isOver() ? OVER : { again: true, reason: why };
  }

  /** Take a frame; false where the connection is of no more use. */
  #take(
    frame: Frame,
    token: string | null,
    because: (reason: ReconnectReason) => void,
    end: (reason: ReconnectReason) => void,
  ): boolean {
    this.#around.trace("frame", { ...frame });
    switch (frame.event) {
      case "draining":
        because("draining");
        return false;
      case "reset":
        this.#reset(readRunId(frame.data));
        return true;
      case "auth_expiring":
        void this.#renew(token, end);
        return true;
    }
    const data = parseEvent(frame.data);
    // A newer server may say more about the stream; like all that is no event, that has no id.
    if (data === null && frame.id === undefined) return true;
    const taken = data === null ? "gap" : this.#link.take(data);
    if (taken === "gap") {
      this.#around.trace("gap", { seq: data?.seq });
      // The same hole twice: the server did not go on where it was asked to, so let it tell everything.
      if (++this.#gaps > 1) this.#lastId = "";
      because("gap");
      return false;
    }
    if (taken === "new") {
      this.#gaps = 0;
      this.#prove();
    }
    if (frame.id !== undefined) {
      this.#lastId = frame.id;
      this.#link.passed?.(frame.id);
    }
    return !this.#link.isOver();
  }

  #reset(runId: string | null): void {
    if (runId === null) this.#lastId = "";
    this.#link.reset(runId);
  }

  async #renew(token: string | null, end: (reason: ReconnectReason) => void): Promise<void> {
    try {
      const fresh = await this.#around.tokens.refresh(token);
      if (fresh !== null && fresh !== token) end("auth_expiring");
    } catch (error) {
      // The stream goes on until the token's end; what then happens is another try's matter.
      this.#around.trace("refresh failed", { error: String(error) });
    }
  }

  async #refused(response: Response, token: string | null): Promise<Ending> {
    if (response.status === 204) return OVER;
    if (response.ok) return { again: true, reason: "unreachable" };
    const failure = await readFailure(response);
    if (response.status === 401) return this.#unauthorized(failure, token);
    if (response.status === 400 && this.#lastId !== "") {
      this.#reset(null);
      return { again: true, reason: "gap" };
    }
    const isPatient = this.#link.isUnderWay() || failure.code.startsWith("http_") || PASSING_CODES.has(failure.code);
    if (isPatient && isPassing(response.status)) {
      return { again: true, reason: "busy", retryAfter: failure.retry_after_seconds };
    }
    return { again: false, failure };
  }

  async #unauthorized(failure: RequestFailed, token: string | null): Promise<Ending> {
    if (++this.#refusedTokens > MOST_REFUSED_TOKENS) return { again: false, failure };
    const fresh = await this.#around.tokens.refresh(token);
    if (fresh !== null && fresh !== token) return { again: true, reason: "unauthorized" };
    const canWait = this.#link.isUnderWay() && this.#around.tokens.onLogin !== undefined;
    return canWait ? { again: true, reason: "login" } : { again: false, failure };
  }

  #login(): Promise<void> {
    this.#tell("login_needed");
    this.#refusedTokens = 0;
    return new Promise((resolve) => {
      const go = (): void => {
        stop?.();
        this.#signal.removeEventListener("abort", go);
        resolve();
      };
      const stop = this.#around.tokens.onLogin?.(go);
      this.#signal.addEventListener("abort", go);
    });
  }

  /** Wait before the next try; false where there were too many. */
  async #wait(reason: ReconnectReason, retryAfter: number): Promise<boolean> {
    const { environment, mostFailures, trace } = this.#around;
    this.#attempt += 1;
    if (environment.isOnline()) this.#failures += 1;
    if (this.#failures > mostFailures) return false;
    const isAtOnce = AT_ONCE.has(reason) && this.#attempt === 1;
    const milliseconds = isAtOnce
      ? 0
      : Math.max(retryAfter * 1000, backOff(this.#attempt, this.#base, environment.random));
    const waiting = pause(environment, milliseconds, this.#signal);
    trace("reconnect", { attempt: this.#attempt, reason, milliseconds: Math.round(milliseconds) });
    this.#tell("waiting");
    guard(this.#around.environment, () =>
      this.#callbacks.onReconnect?.({
        attempt: this.#attempt,
        reason,
        delay_seconds: milliseconds / 1000,
        retry: waiting.end,
      }),
    );
    await waiting.over;
    return true;
  }

  #prove(): void {
    if (this.#isProven) return;
    this.#isProven = true;
    this.#attempt = this.#failures = this.#refusedTokens = 0;
  }

  #tell(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    guard(this.#around.environment, () => this.#callbacks.onConnection?.(state));
  }
}

function isStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  const type = response.headers.get("Content-Type") ?? "";
  return response.status === 200 && type.startsWith("text/event-stream") && response.body !== null;
}

function readRunId(text: string): string | null {
  try {
    const { run_id } = JSON.parse(text) as { run_id?: unknown };
    return typeof run_id === "string" ? run_id : null;
  } catch {
    return null;
  }
}

function lost(): RequestFailed {
  return {
    ...noAnswer(),
    code: "connection_lost",
    message: "The connection was lost and does not come back. The run goes on; come back to it later.",
  };
}
