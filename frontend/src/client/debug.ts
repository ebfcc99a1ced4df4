/** What the client does, line by line, for whoever sets `DEBUG_STREAMING` to `true` in the browser's local storage. */

import type { Environment } from "./environment.js";

export interface DebugLog {
  /** The newest 1000 lines, oldest first. */
  lines: () => string[];
  /** The same as one text, to save or send. */
  text: () => string;
  clear: () => void;
}

export type Trace = (what: string, detail?: Record<string, unknown>) => void;

const MOST_LINES = 1000;
const LONGEST_LINE = 2000;
const kept: string[] = [];

export const debugLog: DebugLog = {
  lines: () => [...kept],
  text: () => kept.join("\n"),
  clear: () => {
    kept.length = 0;
  },
};

/** Return what writes to the log and to the console where the user asked for it, and does nothing else. */
export function traceFor(environment: Environment): Trace {
  return (what, detail = {}) => {
    if (environment.setting("DEBUG_STREAMING") !== "true") return;
    const time = new Date(environment.now()).toISOString();
    const line = redact(`${time} ${what} ${JSON.stringify(detail)}`).slice(0, LONGEST_LINE);
    if (kept.length >= MOST_LINES) kept.shift();
    kept.push(line);
    console.debug(`[galley] ${line}`);
  };
}

const BEARER = /\bbearer +[^\s"',]+/gi;
/** Three parts in base64url, whose first one begins as `{"` does there. */
const JWT = /\beyJ[\w-]*\.[\w-]+\.[\w-]*/g;
/** Also where JSON stands as text in JSON, with its quotes escaped; too much is taken rather than too little. */
const NAMED =
  /(\\*"?(?:access_token|refresh_token|password|authorization|ticket)\\*"?\s*[:=]\s*)(\\*"(?:[^"\\]|\\.)*"?|[^\s,}&]+)/gi;

/** Take every secret out of a text, whole or cut off. */
export function redact(text: string): string {
  return text.replace(BEARER, "Bearer [redacted]").replace(JWT, "[redacted]").replace(NAMED, "$1[redacted]");
}
