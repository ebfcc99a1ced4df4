/** The routes for trying a prompt set before it is published, and for its versions. */
import { api, type components } from "../client/index";

type Schemas = components["schemas"];
export type DraftFault = Schemas["DraftFault"];
export type DraftVerdict = Schemas["DraftVerdict"];
export type RenderedPrompt = Schemas["RenderedPrompt"];
export type VersionList = Schemas["VersionList"];

export function checkDraft(content: string): Promise<DraftVerdict> {
  return askJson("/prompts/check", { content });
}

export function previewDraft(content: string, inputs: Record<string, unknown>): Promise<RenderedPrompt> {
  return askJson("/prompts/preview", { content, inputs });
}

export function listVersions(name: string): Promise<VersionList> {
  return askJson(`/prompts/${encodeURIComponent(name)}/versions`);
}

/** Send JSON, or ask without it; return the JSON of the answer. */
async function askJson<T>(path: string, body?: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const answer = await api.send(path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers });
  return (await answer.json()) as T;
}

/** The name that a draft gives itself, "" where it has none yet. */
export function nameIn(source: string): string {
  return /^name:\s*["']?([\w-]+)/m.exec(source)?.[1] ?? "";
}

export const NEW = "+new";

export const SPECIMEN = `name: thank-you-note
title: Thank-you note
description: A short note of thanks.
inputs:
  type: object
  required: [person, reason]
  properties:
    person: {type: string, title: Person, description: Say who it is for., maxLength: 100}
    reason: {type: string, title: Reason, description: Say what for., maxLength: 300}
output_format: markdown
prompts:
  generator:
    system: You write warm, short notes.
    user: |
      Thank {{ person }} for this: {{ reason }}
checks:
  - {check: words, min: 40, max: 120}
samples:
  - {person: Ada, reason: the drawings that made the plan clear}
`;
