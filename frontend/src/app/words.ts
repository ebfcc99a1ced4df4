/** The page's words for what the server says in codes. */
import { ApiError } from "../client/index";
import type { Stage } from "../client/index";
import type { ViewStatus } from "../run/view";

export const STAGE_WORDS: Record<Stage, string> = {
  load_prompts: "Prompts",
  generator: "Writing",
  formatter: "Formatting",
  validator: "Checking",
  retry: "Mending",
  done: "Done",
  fail: "Ended with findings",
};

export const STATUS_WORDS: Record<ViewStatus, string> = {
  starting: "Starting",
  queued: "Queued",
  running: "Running",
  complete: "Complete",
  error: "Failed",
  cancelled: "Cancelled",
};

/** What to do about a failure, by its code. */
const NEXT: Record<string, string> = {
  unreachable: "Check the network and that the service runs, then try again.",
  unauthorized: "Log in again; your text stays.",
  invalid_credentials: "Check the name and the password.",
  forbidden: "Ask an admin for the role that this needs.",
  not_found: "It may have been deleted, or belongs to somebody else. Look in History.",
  rate_limited: "Wait a moment, then try again.",
  too_many_requests: "Wait a moment, then try again.",
  queue_full: "Many runs are waiting. Try again in a moment.",
  too_many_live_runs: "Wait for one of your runs to end, or cancel one.",
  invalid_request: "Mend the marked fields.",
  limit_reached: "Raise the limit that was met, or ask for a shorter text.",
  provider_overloaded: "The model is busy. Run it again in a moment.",
  provider_cut: "Run it again; the text so far is kept.",
  provider_refused: "Change the inputs or the prompt set; the same request will be refused again.",
  worker_lost: "Run it again. If it happens again, tell your operator.",
};

export function nextStep(code: string, retryable: boolean): string {
  return NEXT[code] ?? (retryable ? "Run it again." : "Change the request before you run it again.");
}

/** A failure as a sentence with what to do next. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    const wait = error.retryAfterSeconds === null ? "" : ` Come back in ${Math.ceil(error.retryAfterSeconds)} s.`;
    return `${closeSentence(error.message)} ${nextStep(error.code, error.retryable)}${wait}`;
  }
  return "Something went wrong in this page. Reload it; nothing on the server is lost.";
}

function closeSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const LIMIT_WORDS: Record<string, string> = {
  attempts: "all attempts were used",
  output_tokens: "the text was cut at its output tokens",
  total_tokens: "the run's tokens were used up",
  cost_usd: "the run's money was used up",
  deadline_seconds: "its deadline was met",
};

export function limitWords(limit: string): string {
  return LIMIT_WORDS[limit] ?? `the limit ${limit} was met`;
}
