/** Calls that are wrong whatever the server would say. */

import { MisuseError } from "./errors.js";
import type { GenerateParams } from "./types.js";

const KEY = /^[!-~]{1,255}$/;
const RUN_ID = /^[0-9A-Za-z-]{1,64}$/;

/** Return the request's body, the same bytes for every time it is sent. */
export function encodeParams(params: GenerateParams): string {
  if (typeof params !== "object" || params === null || typeof params.prompt !== "string" || params.prompt === "") {
    throw new MisuseError("The parameters must be an object with the name of a prompt set in `prompt`.");
  }
  try {
    return JSON.stringify(params);
  } catch (error) {
    throw new MisuseError(`The parameters can't be written as JSON: ${String(error)}`);
  }
}

export function requireKey(key: string): string {
  if (typeof key !== "string" || !KEY.test(key)) {
    throw new MisuseError("The key must have 1 to 255 visible ASCII characters.");
  }
  return key;
}

export function requireRunId(runId: string): string {
  if (typeof runId !== "string" || !RUN_ID.test(runId)) throw new MisuseError("This is not the id of a run.");
  return runId;
}

/** Check that every callback that is given is a function. */
export function requireCallbacks<T extends object>(callbacks: T): T {
  if (typeof callbacks !== "object" || callbacks === null) throw new MisuseError("The callbacks must be an object.");
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== "function") {
      throw new MisuseError(`The callback ${name} must be a function.`);
    }
  }
  return callbacks;
}
