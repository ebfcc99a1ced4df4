/** What the client takes and gives: parameters, callbacks, and the parts of its surroundings that can be replaced. */

import type { Environment } from "./environment.js";
import type {
  CancelledData,
  CompleteData,
  DeltaData,
  DraftData,
  EventData,
  FailedData,
  Finding,
  FindingsData,
  ProgressData,
  RestartedData,
  RunData,
  RunMetadata,
  TextData,
  UsageData,
} from "./events.js";
import type { components, operations } from "./openapi.js";

type Schemas = components["schemas"];

/** The request of a run, the same for both ways to make content. */
export type GenerateParams = Schemas["RunBody"];
export type RerunChanges = Schemas["RerunBody"];
export type Limits = Schemas["LimitsBody"];
export type Me = Schemas["Me"];
export type Role = Schemas["Role"];
export type ModelDescription = Schemas["ModelDescription"];
export type PinnedPrompt = Schemas["PinnedPrompt"];
export type Problem = Schemas["Problem"];
export type ProblemFault = Schemas["ProblemFault"];
export type PromptDescription = Schemas["PromptDescription"];
export type PromptSummary = Schemas["PromptSummary"];
export type RunAccepted = Schemas["RunAccepted"];
export type RunList = Schemas["RunList"];
export type RunRecord = Schemas["RunRecord"];
export type RunStatus = Schemas["RunStatus"];
export type RunSummary = Schemas["RunSummary"];
export type Tokens = Schemas["Tokens"];
export type RunsQuery = NonNullable<operations["list_runs"]["parameters"]["query"]>;

/** What a run ended with: the data of its event `complete`. */
export type Result = CompleteData;

/**
 * A failure that is no event of a run: the request was refused, or the server can't be reached any more.
 * `status` is HTTP's, 0 where there was no answer.
 */
export interface RequestFailed {
  type: "request_failed";
  status: number;
  code: string;
  message: string;
  retryable: boolean;
  /** Seconds after which the server asks to come again, null where it does not say. */
  retry_after_seconds: number | null;
  /** What is wrong with the request, and where in it (RFC 6901). */
  errors: ProblemFault[];
  run_id: string | null;
  stage: null;
  draft: string | null;
  metadata: RunMetadata | null;
}

/** What `onError` gets beside the message: the event `error` of the run, or a request that failed. */
export type ErrorData = FailedData | RequestFailed;

/** Why the client is about to connect again. */
export type ReconnectReason =
  | "cut"
  | "unreachable"
  | "silent"
  | "draining"
  | "auth_expiring"
  | "unauthorized"
  | "gap"
  | "busy";

export interface Reconnect {
  /** Counts from 1; begins anew once an event has arrived. */
  attempt: number;
  reason: ReconnectReason;
  /** Seconds until the next try. */
  delay_seconds: number;
  /** Try now. */
  retry: () => void;
}

/**
 * - `connecting`: a request is under way.
 * - `open`: events or heartbeats arrive.
 * - `stalled`: open, but a heartbeat is missing; if the next one is missing too, it connects again.
 * - `waiting`: for the next try, for the browser to come online, or for `retry()`.
 * - `login_needed`: the session is over; goes on by itself after the next log-in.
 * - `closed`: the end.
 */
export type ConnectionState = "connecting" | "open" | "stalled" | "waiting" | "login_needed" | "closed";

export interface ConnectionCallbacks {
  onReconnect?: (reconnect: Reconnect) => void;
  onConnection?: (state: ConnectionState) => void;
}

/** Every callback is optional, is called in the order of the events, and each event is told once. */
export interface StreamCallbacks extends ConnectionCallbacks {
  /** Before its own callback, every event of the run. */
  onEvent?: (data: EventData) => void;
  /** The run exists: `data.run_id` is its id. */
  onRun?: (data: RunData) => void;
  onProgress?: (data: ProgressData) => void;
  /** Text grew: `text` is all of this stage and attempt so far, without what was superseded; `data.text` what is new. */
  onDelta?: (text: string, data: DeltaData) => void;
  /** The generator's finished text, once in a run. */
  onDraft?: (draft: string, data: DraftData) => void;
  /** An attempt's text in the output format. */
  onText?: (text: string, data: TextData) => void;
  onFindings?: (findings: Finding[], data: FindingsData) => void;
  onUsage?: (data: UsageData) => void;
  /** A stage begins again: its text is empty again. */
  onRestarted?: (data: RestartedData) => void;
  onComplete?: (data: CompleteData) => void;
  onError?: (message: string, data: ErrorData) => void;
  onCancelled?: (data: CancelledData) => void;
  /** The server's log is another one than was told of: forget all of the run; everything is told again. */
  onReset?: () => void;
}

export interface FollowOptions {
  /** Ends the following, not the run; the promise resolves and no further callback is called. */
  signal?: AbortSignal;
}

export interface GenerateOptions extends FollowOptions {
  /** The request's idempotency key, 1 to 255 visible ASCII characters; a new UUID by default. */
  key?: string;
}

export interface AttachOptions extends FollowOptions {
  /** Go on from this record instead of the run's beginning; a run that it shows as ended resolves at once. */
  record?: Pick<RunRecord, "cursor" | "partial">;
}

export interface FollowAllCallbacks extends ConnectionCallbacks {
  /** Every event of every live run, each once and in the order of its run. */
  onEvent: (data: EventData) => void;
  /** Forget all of that run; everything of it is told again. */
  onReset?: (runId: string) => void;
  /** The following is over, and not because you closed it. */
  onError?: (message: string, data: RequestFailed) => void;
}

export interface Following {
  /** Resolves once the following is over. */
  done: Promise<void>;
  close: () => void;
}

export interface GenerationService {
  /**
   * Make content and wait for the result (`POST /run`). A cut connection is tried again with the same key, so it never
   * starts a second run. `success` is false where checks still fail; `output` is the best text then.
   *
   * Rejects with an `ApiError` where the run failed, was cancelled or refused, with a `MisuseError` for wrong parameters.
   */
  generateContent: (params: GenerateParams, options?: GenerateOptions) => Promise<Result>;

  /**
   * Make content and tell of every step (`POST /run/stream`). Resolves after the run's end (`onComplete`, `onError` or
   * `onCancelled`), and after an abort; rejects with a `MisuseError` for wrong parameters, and never else.
   */
  generateContentStream: (
    params: GenerateParams,
    callbacks?: StreamCallbacks,
    options?: GenerateOptions,
  ) => Promise<void>;

  /** Follow a run that exists, from its beginning or from a record of it. Resolves and rejects as the stream does. */
  attach: (runId: string, callbacks?: StreamCallbacks, options?: AttachOptions) => Promise<void>;

  /**
   * Cancel a run: the given one, else the one that was last started or attached to here and has not ended. Resolves
   * when the server knows; the stream then ends with `onCancelled`. Rejects with an `ApiError` where the server refuses.
   */
  cancel: (runId?: string) => Promise<void>;

  /** Follow all live runs of the user, later ones too, over one connection (`GET /events`). */
  followAll: (callbacks: FollowAllCallbacks, options?: FollowOptions) => Following;
}

/** Where access tokens come from. */
export interface TokenSource {
  /** The token to send, null where nobody is logged in. */
  get: () => string | null | Promise<string | null>;
  /**
   * Get a newer token than `stale`, which the server refused or is about to; null where that needs a log-in.
   * Several callers at once share one refresh. Rejects where the server can't be reached.
   */
  refresh: (stale: string | null) => Promise<string | null>;
  /** Call back when there is a token after a time without; returns how to stop that. Without it, a 401 is the end. */
  onLogin?: (listener: () => void) => () => void;
  /** Whom the tokens speak for, null where that is not known; tabs of one owner may share a connection. */
  owner?: () => string | null;
}

/**
 * A log-in of the page. The access token is in this object's memory only; the refresh token is a cookie that no script
 * can read.
 */
export interface Session extends TokenSource {
  onLogin: (listener: () => void) => () => void;
  owner: () => string | null;
  login: (username: string, password: string) => Promise<Me>;
  /** Go on with the session that the browser's cookie stands for; null where there is none. */
  restore: () => Promise<Me | null>;
  logout: () => Promise<void>;
  /** Who is logged in as far as is known, null for nobody. */
  user: () => Me | null;
  /** Called with the user after every log-in, and with null after a log-out or the session's end. */
  onChange: (listener: (user: Me | null) => void) => () => void;
}

/** The other routes. Every method rejects with an `ApiError`. */
export interface Api {
  me: () => Promise<Me>;
  listRuns: (query?: RunsQuery) => Promise<RunList>;
  getRun: (runId: string) => Promise<RunRecord>;
  deleteRun: (runId: string) => Promise<void>;
  /** `waitSeconds`: how long to wait for the run's end before the answer. */
  cancelRun: (runId: string, waitSeconds?: number) => Promise<RunAccepted>;
  /** Start a run without waiting for it. */
  startRun: (params: GenerateParams, key?: string) => Promise<RunAccepted>;
  rerun: (runId: string, changes?: RerunChanges, key?: string) => Promise<RunAccepted>;
  listPrompts: () => Promise<PromptSummary[]>;
  /** `reference`: `name`, `name@3` or `name@label`. */
  getPrompt: (reference: string) => Promise<PromptDescription>;
  /** Publish a prompt set file's text (YAML); `isNew` is false where the newest version is the same. */
  publishPrompt: (name: string, source: string) => Promise<{ prompt: PromptDescription; isNew: boolean }>;
  listModels: () => Promise<ModelDescription[]>;
  /** Any other request as the user, with a path of the server; the answer is no refusal. */
  send: (path: string, init?: RequestInit) => Promise<Response>;
}

export interface ClientOptions {
  /** The server's address without a slash at its end; the page's own by default. */
  baseUrl?: string;
  environment?: Partial<Environment>;
  /** The same as `environment.fetch`. */
  fetch?: typeof globalThis.fetch;
}

export interface ServiceOptions extends ClientOptions {
  tokens: TokenSource;
  /**
   * `own`: a connection for each run. `shared`: one connection for all of them (`GET /events`), because a browser opens
   * at most six to one server over HTTP/1.1. `tabs`: one for all tabs of the user, where the browser lets them talk.
   */
  connections?: "own" | "shared" | "tabs";
  /** Seconds between the server's heartbeats, 15. */
  heartbeatSeconds?: number;
  /** Failures in a row after which it gives up with `onError`, 30; being offline does not count. */
  mostFailures?: number;
}

export interface ApiOptions extends ClientOptions {
  tokens: TokenSource;
}
