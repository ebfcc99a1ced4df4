/** Starting, following and cancelling runs; the client carries all of them over one connection of the whole browser. */
import {
  ApiError,
  api,
  generationService,
  type ErrorData,
  type GenerateParams,
  type RerunChanges,
  type RunRecord,
  type StreamCallbacks,
} from "../client/index";
import { requestOfRecord, viewOfRecord } from "./record";
import { changeView, currentView, foldEvent, putView, setCancelling, setConnection } from "./store";
import { emptyView, isOver, type RunView } from "./view";

/** The runs that a stream or a request of this page carries already. */
const carried = new Set<string>();
let control = new AbortController();

/**
 * Start a run and follow it. Resolves with its id once the server has it.
 *
 * Throws an ApiError where the server refuses it.
 */
export async function startStreamed(params: GenerateParams, attemptLimit: number | null): Promise<string> {
  const runId = params.run_id ?? crypto.randomUUID();
  const request = { ...params, run_id: runId };
  return new Promise((resolve, reject) => {
    carried.add(runId);
    const callbacks = callbacksFor(runId, {
      onRun: () => {
        begin(runId, params, attemptLimit);
        resolve(runId);
      },
      onError: (_message, data) => {
        if (data.type === "request_failed") reject(new ApiError(data));
      },
    });
    generationService
      .generateContentStream(request, callbacks, { key: runId, signal: control.signal })
      .catch(reject)
      .finally(() => letGo(runId));
  });
}

/** Start a run without a stream; resolves at once, and the view fills when the result is there. */
export function startPlain(params: GenerateParams, attemptLimit: number | null, onRefused: (error: unknown) => void): string {
  const runId = params.run_id ?? crypto.randomUUID();
  carried.add(runId);
  begin(runId, params, attemptLimit);
  generationService
    .generateContent({ ...params, run_id: runId }, { key: runId, signal: control.signal })
    .catch((error: unknown) => {
      // A run that failed has a record that says so; only a refusal leaves nothing behind.
      if (!(error instanceof ApiError) || error.runId === null) onRefused(error);
    })
    .finally(() => {
      carried.delete(runId);
      void load(runId).catch(() => undefined);
    });
  return runId;
}

/** Start the same request again with changes; resolves with the new run's id. */
export async function startAgain(runId: string, changes: RerunChanges = {}): Promise<string> {
  const accepted = await api.rerun(runId, changes, crypto.randomUUID());
  return accepted.run_id;
}

/**
 * Show a run that exists, and follow it while it lives.
 *
 * Throws an ApiError where there is no such run.
 */
export async function openRun(runId: string): Promise<void> {
  if (carried.has(runId)) return;
  const known = currentView(runId);
  if (known !== undefined && isOver(known) && known.request !== null) return;
  carried.add(runId);
  try {
    const record = await load(runId);
    if (record.finished_at === null) follow(runId, record);
    else carried.delete(runId);
  } catch (error) {
    carried.delete(runId);
    throw error;
  }
}

async function load(runId: string): Promise<RunRecord> {
  const record = await api.getRun(runId);
  const known = currentView(runId);
  // What was heard live has a seq and stays; a record replaces everything else.
  if (known === undefined || known.seq === 0 || record.finished_at !== null) putView(viewOfRecord(record));
  else changeView(runId, requestOfRecord(record));
  if (record.cancel_requested && record.finished_at === null) setCancelling(runId, true);
  return record;
}

function follow(runId: string, record: RunRecord): void {
  void generationService
    .attach(runId, callbacksFor(runId, {}), { record, signal: control.signal })
    .finally(() => letGo(runId));
}

/** Follow every live run of the user, those of other tabs and programs too; returns how to stop. */
export function followAllRuns(): () => void {
  const following = generationService.followAll({
    onEvent: (event) => {
      if (!carried.has(event.run_id)) foldEvent(event);
    },
    onReset: (runId) => {
      if (!carried.has(runId)) startOver(runId);
    },
  });
  return following.close;
}

const asked = new Set<string>();

/** Ask for what only a run's record knows, its request, once. */
export async function learnRequest(runId: string): Promise<void> {
  if (asked.has(runId) || (currentView(runId)?.request ?? null) !== null) return;
  asked.add(runId);
  const record = await api.getRun(runId).catch(() => null);
  if (record === null) return;
  const known = currentView(runId);
  if (known === undefined || known.seq === 0 || record.finished_at !== null) putView(viewOfRecord(record));
  else changeView(runId, requestOfRecord(record));
}

/** Stop listening to everything; the runs go on. */
export function stopFollowing(): void {
  control.abort();
  control = new AbortController();
  carried.clear();
}

function startOver(runId: string): void {
  const known = currentView(runId);
  putView({ ...emptyView(runId), request: known?.request ?? null, attemptLimit: known?.attemptLimit ?? null });
}

function begin(runId: string, params: GenerateParams, attemptLimit: number | null): void {
  const request = { inputs: {}, tags: [], ...params } as RunView["request"];
  changeView(runId, { request, attemptLimit, createdAt: currentView(runId)?.createdAt ?? new Date().toISOString() });
}

function letGo(runId: string): void {
  carried.delete(runId);
  setConnection(runId, { state: "closed" });
}

function callbacksFor(runId: string, more: Pick<StreamCallbacks, "onRun" | "onError">): StreamCallbacks {
  return {
    ...more,
    onEvent: foldEvent,
    onReset: () => startOver(runId),
    onConnection: (state) => setConnection(runId, { state }),
    onReconnect: (reconnect) => setConnection(runId, { reconnect }),
    onError: (message: string, data: ErrorData) => {
      if (data.type === "request_failed" && currentView(runId) !== undefined) {
        changeView(runId, {
          failure: { code: data.code, message, retryable: data.retryable, stage: null },
        });
      }
      more.onError?.(message, data);
    },
  };
}

/** Ask for a cancel; the server's `cancelled` event tells when it is done. */
export async function cancelRun(runId: string): Promise<void> {
  setCancelling(runId, true);
  try {
    await api.cancelRun(runId);
  } catch (error) {
    setCancelling(runId, false);
    throw error;
  }
}
