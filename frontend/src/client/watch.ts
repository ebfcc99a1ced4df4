/** Noticing that an open connection is dead: the server sends a heartbeat when it has nothing else to send. */

import type { Environment } from "./environment.js";

export interface Watch {
  /** Something arrived. */
  feed: () => void;
  stop: () => void;
}

/** So many heartbeats late, it is stalled. */
const STALLED = 1.5;
/** So many heartbeats late, it is dead. */
const DEAD = 2.5;

/**
 * Call `onStall` when a heartbeat is missing, `onRecover` when something comes after all, and `onDeath`, once, when the
 * next one is missing too. One timer, however much arrives; a machine that slept is noticed when it wakes.
 */
export function watch(
  environment: Environment,
  heartbeatSeconds: number,
  calls: { onStall: () => void; onRecover: () => void; onDeath: () => void },
): Watch {
  const beat = heartbeatSeconds * 1000;
  let fedAt = environment.now();
  let isStalled = false;
  let timer = environment.setTimeout(look, beat * STALLED);

  function look(): void {
    const silence = environment.now() - fedAt;
    if (silence >= beat * DEAD) return calls.onDeath();
    if (!isStalled && silence >= beat * STALLED) {
      isStalled = true;
      calls.onStall();
    }
    const due = isStalled ? beat * DEAD : beat * STALLED;
    timer = environment.setTimeout(look, Math.max(1, due - silence));
  }

  return {
    feed: () => {
      fedAt = environment.now();
      if (!isStalled) return;
      isStalled = false;
      environment.clearTimeout(timer);
      timer = environment.setTimeout(look, beat * STALLED);
      calls.onRecover();
    },
    stop: () => environment.clearTimeout(timer),
  };
}
