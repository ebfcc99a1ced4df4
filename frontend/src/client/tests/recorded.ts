/** A run as a server records it: its events, and the frames that stand for them on the wire. */

import type { EventData } from "../events.js";

export const RUN = "0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b";
export const OTHER = "7d1f4b0e-0f0f-4c6e-9a53-2b6f0c7d8e9f";

type Fields = Record<string, unknown> & { type: EventData["type"] };

/** Give events a run id, and seqs from 1 on. */
export function recordOf(runId: string, fields: Fields[]): EventData[] {
  return fields.map(
    (one, at) => ({ run_id: runId, seq: at + 1, time: `2026-01-01T00:00:0${at % 10}.000Z`, ...one }) as unknown as EventData,
  );
}

const PROMPT = { name: "note", version: 1, hash: "0".repeat(64) };

/** A run with text outside ASCII, a restart in its first draft, and a repair. */
export function whole(runId = RUN): EventData[] {
  return recordOf(runId, [
    { type: "run", status: "queued", prompt: PROMPT, model: "scripted" },
    { type: "progress", stage: "generator", message: "Generating content using scripted...", progress: 30, attempt: 1 },
    { type: "delta", stage: "generator", attempt: 1, text: "Thé ", offset: 0 },
    { type: "delta", stage: "generator", attempt: 1, text: "à 🍵", offset: 4 },
    { type: "restarted", stage: "generator", attempt: 1, reason: "worker_lost", supersedes: { from_seq: 3, to_seq: 4 } },
    { type: "delta", stage: "generator", attempt: 1, text: "Tea\n", offset: 0 },
    { type: "delta", stage: "generator", attempt: 1, text: "time 🍵.", offset: 4 },
    { type: "draft", stage: "generator", message: "Initial draft generated", progress: 50, draft: "Tea\ntime 🍵.", attempt: 1, truncated: false },
    { type: "text", stage: "formatter", attempt: 1, text: "Tea time 🍵.\n", format: "markdown", truncated: false },
    { type: "findings", attempt: 1, passed: false, findings: [{ check: "words", message: "Write more.", where: null }] },
    { type: "delta", stage: "retry", attempt: 2, text: "More tea.", offset: 0 },
    { type: "usage", stage: "retry", attempt: 2, model: "scripted", input_tokens: 12, output_tokens: 3, cached_tokens: 0, cost_usd: 0.0001, estimated: false },
    { type: "complete", success: true, output: "More tea.\n", metadata: { run_id: runId, limit: null } },
  ]);
}

/** What a callback that gets the growing text is told in the whole run. */
export const TEXTS = ["Thé ", "Thé à 🍵", "Tea\n", "Tea\ntime 🍵.", "More tea."];

export function idOf(data: EventData): string {
  return `${data.run_id}:1-${data.seq}`;
}

export function frameOf(data: EventData): string {
  return `id: ${idOf(data)}\nevent: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function controlFrame(name: string, data: Record<string, unknown> = {}): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The bytes of a stream of events, as the server sends them. */
export function streamOf(events: EventData[]): string {
  return `retry: 1000\n: ka\n${events.map(frameOf).join("")}`;
}

/** What follows a cursor in a run's record; everything where there is none. */
export function after(events: EventData[], lastId: string | null): EventData[] {
  const at = events.findIndex((data) => idOf(data) === lastId);
  return events.slice(at + 1);
}
