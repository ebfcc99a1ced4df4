/** A run's record from the server as a view, so that a run that is opened looks like one that was watched. */
import type { RunMetadata, RunRecord, Stage, UsageSummary } from "../client/index";
import { emptyView, type Attempt, type Failure, type RunView } from "./view";

/** Return the view of a record; its `seq` is 0 while the run lives, because the record does not say it. */
export function viewOfRecord(record: RunRecord): RunView {
  const isOver = record.finished_at !== null;
  return {
    ...emptyView(record.run_id),
    seq: isOver ? Number.MAX_SAFE_INTEGER : 0,
    status: record.status,
    success: record.success,
    prompt: record.prompt,
    model: record.model,
    outputFormat: record.output_format,
    request: record.request,
    attemptLimit: attemptLimitOf(record),
    stage: record.stage as Stage | null,
    progress: record.progress,
    message: record.message,
    attempt: Math.max(1, record.attempts.length + (record.partial && record.attempts.length ? 1 : 0)),
    attempts: attemptsOf(record),
    draft: record.draft ?? draftOfEnd(record),
    output: record.output,
    failure: record.error as Failure | null,
    usage: record.usage as unknown as UsageSummary,
    metadata: record.metadata as RunMetadata | null,
    createdAt: record.created_at,
    finishedAt: record.finished_at,
  };
}

/** Return what only the record knows: the request and its limits. */
export function requestOfRecord(record: RunRecord): Partial<RunView> {
  return {
    request: record.request,
    attemptLimit: attemptLimitOf(record),
    outputFormat: record.output_format,
    createdAt: record.created_at,
  };
}

function attemptLimitOf(record: RunRecord): number | null {
  const limit = (record.limits as { attempts?: unknown }).attempts;
  return typeof limit === "number" ? limit : null;
}

function attemptsOf(record: RunRecord): Attempt[] {
  const judged: Attempt[] = record.attempts.map((attempt, index) => ({
    number: attempt.attempt,
    raw: index === 0 && record.draft !== null ? record.draft : attempt.raw || (attempt.text ?? ""),
    text: attempt.text,
    isGrowing: false,
    findings: attempt.findings as Attempt["findings"],
    passed: attempt.passed,
  }));
  const begun = record.partial ?? (judged.length === 0 ? record.draft : null);
  if (begun === null || begun === "") return judged;
  const last = judged.at(-1)?.number ?? 0;
  const open = { number: last + 1, raw: begun, text: null, findings: null, passed: false };
  return [...judged, { ...open, isGrowing: record.finished_at === null && record.partial !== null }];
}

function draftOfEnd(record: RunRecord): string | null {
  return record.attempts[0]?.raw || record.partial || null;
}
