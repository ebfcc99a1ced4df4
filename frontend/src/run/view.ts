/** What the page knows of a run: the fold of its events, in the shape that is painted. */
import type { EventData, Finding, PinnedPrompt, RunMetadata, RunRecord, Stage, UsageSummary } from "../client/index";

export type OutputFormat = RunRecord["output_format"];
export type ViewStatus = "starting" | "queued" | "running" | "complete" | "error" | "cancelled";

/** One try at a valid text; `raw` is what the model wrote, `text` the same in the output format. */
export interface Attempt {
  readonly number: number;
  readonly raw: string;
  readonly text: string | null;
  readonly isGrowing: boolean;
  readonly findings: readonly Finding[] | null;
  readonly passed: boolean;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly stage: Stage | null;
}

/** `seq` is the last event that was folded in; `progress` is null until the server gave one. */
export interface RunView {
  readonly runId: string;
  readonly seq: number;
  readonly status: ViewStatus;
  readonly success: boolean | null;
  readonly prompt: PinnedPrompt | null;
  readonly model: string | null;
  readonly outputFormat: OutputFormat;
  readonly request: RunRecord["request"] | null;
  readonly attemptLimit: number | null;
  readonly stage: Stage | null;
  readonly progress: number | null;
  readonly message: string;
  readonly etaSeconds: number | null;
  readonly retryInSeconds: number | null;
  readonly attempt: number;
  readonly attempts: readonly Attempt[];
  readonly draft: string | null;
  readonly output: string | null;
  readonly failure: Failure | null;
  readonly usage: UsageSummary;
  readonly metadata: RunMetadata | null;
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
}

const NOTHING_USED: UsageSummary = {
  calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  cached_tokens: 0,
  cost_usd: 0,
  estimated: false,
};

export function emptyView(runId: string): RunView {
  return {
    runId,
    seq: 0,
    status: "starting",
    success: null,
    prompt: null,
    model: null,
    outputFormat: "markdown",
    request: null,
    attemptLimit: null,
    stage: null,
    progress: null,
    message: "",
    etaSeconds: null,
    retryInSeconds: null,
    attempt: 1,
    attempts: [],
    draft: null,
    output: null,
    failure: null,
    usage: NOTHING_USED,
    metadata: null,
    createdAt: null,
    finishedAt: null,
  };
}

export function isOver(view: RunView): boolean {
  return view.status === "complete" || view.status === "error" || view.status === "cancelled";
}

/** Fold one more event in; one that was seen before changes nothing. */
export function applyEvent(view: RunView, event: EventData): RunView {
  if (event.seq <= view.seq) return view;
  const next = { ...view, seq: event.seq, status: view.status === "starting" ? "queued" : view.status } as const;
  switch (event.type) {
    case "run":
      return { ...next, status: "queued", prompt: event.prompt, model: event.model, createdAt: event.time };
    case "progress":
      return {
        ...next,
        status: "running",
        stage: event.stage,
        message: event.message,
        progress: Math.max(view.progress ?? 0, event.progress),
        attempt: event.attempt ?? view.attempt,
        etaSeconds: event.eta_seconds ?? null,
        retryInSeconds: event.retry_in_seconds ?? null,
      };
    case "delta":
      // The formatter's own text is not the draft; it arrives whole in its `text`.
      if (event.stage === "formatter") return next;
      return changeAttempt({ ...next, status: "running", attempt: event.attempt }, event.attempt, (before) => ({
        raw: event.offset === 0 ? event.text : before.raw + event.text,
        isGrowing: true,
      }));
    case "draft":
      return changeAttempt(
        { ...next, draft: event.draft, stage: event.stage, progress: Math.max(view.progress ?? 0, event.progress) },
        event.attempt,
        () => ({ raw: event.draft, isGrowing: false }),
      );
    case "text":
      return changeAttempt({ ...next, outputFormat: event.format }, event.attempt, () => ({
        text: event.text,
        isGrowing: false,
      }));
    case "findings":
      return changeAttempt(next, event.attempt, () => ({
        findings: event.findings,
        passed: event.passed,
        isGrowing: false,
      }));
    case "usage":
      return { ...next, usage: addUsage(view.usage, event) };
    case "restarted":
      if (event.supersedes === null || event.stage === "formatter") return next;
      return changeAttempt(next, event.attempt, () => ({ raw: "", isGrowing: true }));
    case "complete":
      return end(next, event, { status: "complete", success: event.success, output: event.output, progress: 100 });
    case "error": {
      const { code, message, retryable, stage } = event;
      return end(next, event, { status: "error", failure: { code, message, retryable, stage } });
    }
    case "cancelled":
      return end(next, event, { status: "cancelled", message: event.message });
    default:
      return next;
  }
}

type Terminal = Extract<EventData, { type: "complete" | "error" | "cancelled" }>;

function end(view: RunView, event: Terminal, facts: Partial<RunView>): RunView {
  const { metadata } = event;
  const draft = "draft" in event ? (view.draft ?? event.draft) : view.draft;
  const attempts = view.attempts.map((attempt) => ({ ...attempt, isGrowing: false }));
  const usage = metadata.usage ?? view.usage;
  return { ...view, ...facts, draft, attempts, usage, metadata, finishedAt: event.time, etaSeconds: null };
}

function changeAttempt(view: RunView, number: number, change: (before: Attempt) => Partial<Attempt>): RunView {
  const known = view.attempts.find((attempt) => attempt.number === number);
  const before = known ?? { number, raw: "", text: null, isGrowing: true, findings: null, passed: false };
  const after = { ...before, ...change(before) };
  const attempts =
    known === undefined
      ? [...view.attempts, after].sort((one, other) => one.number - other.number)
      : view.attempts.map((attempt) => (attempt === known ? after : attempt));
  return { ...view, attempts };
}

function addUsage(sum: UsageSummary, call: Omit<UsageSummary, "calls">): UsageSummary {
  return {
    calls: sum.calls + 1,
    input_tokens: sum.input_tokens + call.input_tokens,
    output_tokens: sum.output_tokens + call.output_tokens,
    cached_tokens: sum.cached_tokens + call.cached_tokens,
    cost_usd: sum.cost_usd + call.cost_usd,
    estimated: sum.estimated || call.estimated,
  };
}
