/** Waiting between tries: exponential, with full jitter, and over at once when there is a reason to hope. */

import type { Environment } from "./environment.js";

const LONGEST = 15_000;

/** Milliseconds to wait before the nth try in a row, so that many clients that were cut at once don't come at once. */
export function backOff(attempt: number, base: number, random: () => number): number {
  return random() * Math.min(LONGEST, base * 2 ** Math.min(attempt - 1, 10));
}

/** A wait that can be ended early. */
export interface Pause {
  over: Promise<void>;
  end: () => void;
}

/** Wait so many milliseconds, or until the browser comes online, `signal` aborts, or `end` is called. */
export function pause(environment: Environment, milliseconds: number, signal: AbortSignal): Pause {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = environment.setTimeout(() => end(), milliseconds);
    const stop = environment.onOnline(() => end());
    end = () => {
      environment.clearTimeout(timer);
      stop();
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
  return { over, end: () => end() };
}
