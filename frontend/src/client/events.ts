/** The events of a run, as the server's OpenAPI description types them, and what the client adds to those types. */

import type { components } from "./openapi.js";

type Schemas = components["schemas"];

/** What every event carries: `seq` counts 1, 2, 3 ... in each run, without holes. */
export interface EventHead {
  run_id: string;
  seq: number;
  time: string;
}

export type Stage = Schemas["Stage"];
export type Finding = Schemas["Finding"];
export type Place = Schemas["Place"];

/** Usage of one call, or added up over several; costs are US dollars. */
export interface UsageSummary {
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cost_usd: number;
  estimated: boolean;
}

/**
 * What a run says of itself at its end. Times are seconds. A run that ended before its first stage has less of it, so
 * everything may be missing; what a newer server adds stands beside it.
 */
export interface RunMetadata {
  run_id?: string;
  trace_id?: string | null;
  prompt?: Schemas["PinnedPrompt"];
  model?: { asked: string; used: string[] };
  output_format?: string;
  attempts?: {
    attempt: number;
    passed: boolean;
    ended_early: boolean;
    findings: Finding[];
    usage: UsageSummary;
  }[];
  usage?: UsageSummary;
  stages?: Partial<Record<Stage, number>>;
  duration_seconds?: number | null;
  time_to_first_token_seconds?: number | null;
  restarts?: number;
  /** The bound that ended the run, null where none did. */
  limit?: string | null;
  [more: string]: unknown;
}

type Ending<T> = Omit<T, "metadata"> & { metadata: RunMetadata };

export type RunData = Schemas["RunQueued"];
export type ProgressData = Schemas["Progressed"];
export type DeltaData = Schemas["TextGrew"];
export type DraftData = Schemas["DraftWritten"];
export type TextData = Schemas["TextFormatted"];
export type FindingsData = Schemas["TextJudged"];
export type UsageData = Schemas["TokensUsed"];
export type RestartedData = Schemas["StageRestarted"];
export type CompleteData = Ending<Schemas["RunCompleted"]>;
export type FailedData = Ending<Schemas["RunFailed"]>;
export type CancelledData = Ending<Schemas["RunCancelled"]>;

export type EventData =
  | RunData
  | ProgressData
  | DeltaData
  | DraftData
  | TextData
  | FindingsData
  | UsageData
  | RestartedData
  | CompleteData
  | FailedData
  | CancelledData;

export type EventType = EventData["type"];
