/** The runs that this page shows. Events change a view at once; React hears of it once per frame. */
import { create } from "zustand";
import type { ConnectionState, EventData, Reconnect } from "../client/index";
import { applyEvent, emptyView, isOver, type RunView } from "./view";

/** How a run's stream is; null where nothing is wrong or needed. */
export interface Connection {
  readonly state: ConnectionState;
  readonly reconnect: Reconnect | null;
}

interface Runs {
  views: Record<string, RunView>;
  connections: Record<string, Connection>;
  cancelling: Record<string, true>;
}

export const useRuns = create<Runs>(() => ({ views: {}, connections: {}, cancelling: {} }));

let changed = new Map<string, RunView>();
let isPlanned = false;

/** Return a run as it is now, painted or not. */
export function currentView(runId: string): RunView | undefined {
  return changed.get(runId) ?? useRuns.getState().views[runId];
}

export function foldEvent(event: EventData): void {
  const known = currentView(event.run_id) ?? emptyView(event.run_id);
  // The log begins anew: what a record had told is told again, but for the request.
  const { request, attemptLimit } = known;
  const isAnew = event.seq === 1 && known.seq === 0;
  putView(applyEvent(isAnew ? { ...emptyView(event.run_id), request, attemptLimit } : known, event));
}

export function changeView(runId: string, facts: Partial<RunView>): void {
  putView({ ...(currentView(runId) ?? emptyView(runId)), ...facts });
}

export function putView(view: RunView): void {
  changed.set(view.runId, view);
  if (isPlanned) return;
  isPlanned = true;
  // A hidden page has no frames; its title and announcements still have to move.
  if (document.hidden) setTimeout(paint, 250);
  else requestAnimationFrame(paint);
}

/** Show what has changed now. */
export function paint(): void {
  isPlanned = false;
  if (changed.size === 0) return;
  const views = Object.fromEntries(changed);
  changed = new Map();
  useRuns.setState((state) => ({ views: { ...state.views, ...views } }));
}

export function setConnection(runId: string, change: Partial<Connection>): void {
  useRuns.setState((state) => {
    const before = state.connections[runId] ?? { state: "connecting", reconnect: null };
    const after = { ...before, ...change };
    if (after.state === "open" || after.state === "closed") after.reconnect = null;
    return { connections: { ...state.connections, [runId]: after } };
  });
}

export function setCancelling(runId: string, isCancelling: boolean): void {
  useRuns.setState((state) => {
    const { [runId]: _, ...others } = state.cancelling;
    return { cancelling: isCancelling ? { ...others, [runId]: true } : others };
  });
}

/** Forget everything: somebody else may log in. */
export function forgetRuns(): void {
  changed = new Map();
  useRuns.setState({ views: {}, connections: {}, cancelling: {} });
}

/** How many runs of the user are live, as far as this page has heard. */
export function useLiveCount(): number {
  return useRuns((state) => Object.values(state.views).filter((view) => !isOver(view)).length);
}
