/** The surroundings that the client works in by default: a browser's, or Node's. */

import type { ClientOptions } from "./types.js";

/** A BroadcastChannel, as far as it is used. */
export interface Channel {
  postMessage: (message: unknown) => void;
  onmessage: ((message: MessageEvent) => void) | null;
  close: () => void;
}

/** What the client needs of its surroundings; the browser's (or Node's) own by default. */
export interface Environment {
  fetch: typeof globalThis.fetch;
  /** Milliseconds of any origin. */
  now: () => number;
  setTimeout: (call: () => void, milliseconds: number) => unknown;
  clearTimeout: (timer: unknown) => void;
  /** 0 <= x < 1. */
  random: () => number;
  uuid: () => string;
  /** Whether the network is there, as far as is known. */
  isOnline: () => boolean;
  /** Call back when the network comes back; returns how to stop that. */
  onOnline: (listener: () => void) => () => void;
  /** Do something while no other tab does the same; the Web Locks API where there is one. Rejects if `signal` aborts. */
  lock: <T>(name: string, action: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /** What is said there is heard by the other tabs; null where tabs can't talk. */
  channel: (name: string) => Channel | null;
  /** The browser's local storage, read only for DEBUG_STREAMING. */
  setting: (name: string) => string | null;
  /** Tell of a fault in a callback. */
  report: (error: unknown) => void;
}

/** Fill what was not given with what is there; everything is looked up when it is used, nothing at import. */
export function completeEnvironment(options: ClientOptions): Environment {
  return {
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: () => Date.now(),
    setTimeout: (call, milliseconds) => globalThis.setTimeout(call, milliseconds),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
    random: () => Math.random(),
    uuid: makeUuid,
    isOnline: () => globalThis.navigator?.onLine !== false,
    onOnline: listenForOnline,
    lock: takeLock,
    channel: (name) => (canShare() ? new BroadcastChannel(name) : null),
    setting: readSetting,
    report: (error) => (globalThis.reportError ?? console.error)(error),
    ...options.environment,
  };
}

/** Return the server's address without a slash at its end; by default the folder that the page was loaded from. */
export function findBaseUrl(options: ClientOptions): string {
  if (options.baseUrl !== undefined) return options.baseUrl.replace(/\/+$/, "");
  const page = globalThis.document?.baseURI ?? "";
  return page.startsWith("http") ? new URL(".", page).href.replace(/\/$/, "") : "";
}

/** Call what somebody else wrote; a fault in it is reported and ends nothing here. */
export function guard(environment: Pick<Environment, "report">, call: () => void): void {
  try {
    call();
  } catch (error) {
    environment.report(error);
  }
}

/** `randomUUID` is missing on pages without encryption that are not on this machine; `getRandomValues` is not. */
function makeUuid(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function listenForOnline(listener: () => void): () => void {
  globalThis.addEventListener?.("online", listener);
  return () => globalThis.removeEventListener?.("online", listener);
}

async function takeLock<T>(name: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) return action();
  return (await locks.request(name, signal === undefined ? {} : { signal }, action)) as T;
}

/** Tabs can share something only where exactly one of them can be in charge of it. */
function canShare(): boolean {
  return typeof BroadcastChannel === "function" && globalThis.navigator?.locks !== undefined;
}

/** Storage may be forbidden, and is not there in Node. */
function readSetting(name: string): string | null {
  try {
    return globalThis.localStorage?.getItem(name) ?? null;
  } catch {
    return null;
  }
}
