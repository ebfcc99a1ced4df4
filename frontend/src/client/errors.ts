/** What the client throws. */

import type { RunMetadata } from "./events.js";
import type { ProblemFault, RequestFailed } from "./types.js";

/** A call was wrong, whatever the server would say: mend the code that made it. */
export class MisuseError extends Error {
  override readonly name = "MisuseError";
}

/** The server refused (RFC 9457), or could not be reached: then `status` is 0 and `code` is `unreachable`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Identifies the failure; never changes. */
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | null;
  readonly errors: ProblemFault[];
  readonly runId: string | null;
  readonly draft: string | null;
  readonly metadata: RunMetadata | null;
  /** The same as data, as `onError` gets it. */
  readonly failure: RequestFailed;

  constructor(failed: RequestFailed) {
    super(failed.message);
    this.failure = failed;
    this.status = failed.status;
    this.code = failed.code;
    this.retryable = failed.retryable;
    this.retryAfterSeconds = failed.retry_after_seconds;
    this.errors = failed.errors;
    this.runId = failed.run_id;
    this.draft = failed.draft;
    this.metadata = failed.metadata;
  }
}
