/** Turning the frames of one run into callbacks: each event once, in order, with the text that is good so far. */

import { type Environment, guard } from "./environment.js";
import type { DeltaData, EventData, RestartedData } from "./events.js";
import type { StreamCallbacks } from "./types.js";

/** What a frame's data was: new; known before; one that must not come yet; or none of this run's. */
export type Taken = "new" | "seen" | "gap";

const ENDINGS = new Set(["complete", "error", "cancelled"]);

/** Read an event's data; null where it is none. An event of a type that this client does not know is one. */
export function parseEvent(text: string): EventData | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof data !== "object" || data === null) return null;
  const { run_id, seq, type } = data as Partial<EventData>;
  const isEvent = typeof run_id === "string" && typeof type === "string" && Number.isSafeInteger(seq) && (seq ?? 0) > 0;
  return isEvent ? (data as EventData) : null;
}

/** Whether nothing follows an event in its run. */
export function isEnding(data: EventData): boolean {
  return ENDINGS.has(data.type);
}

/** Counts what was seen of a run. `last` null: it began in the middle, so the next event is the first. */
export class Sequence {
  #last: number | null;

  constructor(last: number | null = 0) {
    this.#last = last;
  }

  /** Count an event, unless it is known or comes too early. */
  take(seq: number): Taken {
    if (this.#last !== null && seq <= this.#last) return "seen";
    if (this.#last !== null && seq > this.#last + 1) return "gap";
    this.#last = seq;
    return "new";
  }

  reset(): void {
    this.#last = 0;
  }
}

/** The text of the stage and attempt under way, piece by piece, so that what is superseded can be taken out. */
export class GrowingText {
  #pieces: { seq: number; text: string }[] = [];
  #text = "";
  #key: string | null = null;

  constructor(partial = "") {
    this.#start(null, partial);
  }

  grow(data: DeltaData): string {
    const key = `${data.stage} ${data.attempt}`;
    // Going on from a record, the stage is not known, but the offset says whether this is more of the same text.
    if (data.offset === 0 || (this.#key !== null && this.#key !== key)) this.#start(key, "");
    this.#key = key;
    this.#pieces.push({ seq: data.seq, text: data.text });
    this.#text += data.text;
    return this.#text;
  }

  drop(supersedes: RestartedData["supersedes"]): void {
    if (supersedes === null) return;
    const { from_seq, to_seq } = supersedes;
    this.#pieces = this.#pieces.filter(({ seq }) => seq < from_seq || seq > to_seq);
    this.#text = this.#pieces.map(({ text }) => text).join("");
  }

  reset(): void {
    this.#start(null, "");
  }

  #start(key: string | null, text: string): void {
    this.#key = key;
    // A piece from a record is older than every event that follows, and a restart takes back all of a text.
    this.#pieces = [];
    this.#text = text;
  }
}

/** Tells a run's events to callbacks. */
export class RunReader {
  readonly #callbacks: StreamCallbacks;
  readonly #environment: Pick<Environment, "report">;
  readonly #sequence: Sequence;
  readonly #text: GrowingText;
  isOver = false;

  constructor(callbacks: StreamCallbacks, environment: Pick<Environment, "report">, partial?: string | null) {
    this.#callbacks = callbacks;
    this.#environment = environment;
    this.#sequence = new Sequence(partial === undefined ? 0 : null);
    this.#text = new GrowingText(partial ?? "");
  }

  /** Tell of an event, unless it is known or comes too early. */
  take(data: EventData): Taken {
    if (this.isOver) return "seen";
    const taken = this.#sequence.take(data.seq);
    if (taken === "new") {
      this.isOver = isEnding(data);
      this.tell(({ onEvent }) => onEvent?.(data));
      this.#dispatch(data);
    }
    return taken;
  }

  reset(): void {
    this.#sequence.reset();
    this.#text.reset();
    this.tell(({ onReset }) => onReset?.());
  }

  /** Call a callback; a fault in it is told of and ends nothing. */
  tell(call: (callbacks: StreamCallbacks) => void): void {
    guard(this.#environment, () => call(this.#callbacks));
  }

  #dispatch(data: EventData): void {
    if (data.type === "delta") {
      const text = this.#text.grow(data);
      return this.tell(({ onDelta }) => onDelta?.(text, data));
    }
    if (data.type === "restarted") this.#text.drop(data.supersedes);
    this.tell((callbacks) => call(callbacks, data));
  }
}

function call(callbacks: StreamCallbacks, data: Exclude<EventData, DeltaData>): void {
  switch (data.type) {
    case "run":
      return callbacks.onRun?.(data);
    case "progress":
      return callbacks.onProgress?.(data);
    case "draft":
      return callbacks.onDraft?.(data.draft, data);
    case "text":
      return callbacks.onText?.(data.text, data);
    case "findings":
      return callbacks.onFindings?.(data.findings, data);
    case "usage":
      return callbacks.onUsage?.(data);
    case "restarted":
      return callbacks.onRestarted?.(data);
    case "complete":
      return callbacks.onComplete?.(data);
    case "error":
      return callbacks.onError?.(data.message, data);
    case "cancelled":
      return callbacks.onCancelled?.(data);
    default:
      // A newer server may tell of more; this makes the build fail where a known event is forgotten above.
      data satisfies never;
  }
}
