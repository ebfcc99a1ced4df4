/** The run view: the job ticket, and beside it the run that the address names. */
import { useEffect, useState } from "react";
import { explain } from "../app/words";
import { EmptySheet } from "./EmptySheet";
import { StreamingOutputPanel } from "./StreamingOutputPanel";
import { useRuns } from "./store";
import { TicketForm } from "./TicketForm";
import { openRun } from "./transport";
import { isOver } from "./view";

export function RunPage({ runId, prompt }: { runId: string | null; prompt: string | null }) {
  const view = useRuns((state) => (runId === null ? undefined : state.views[runId]));
  const [fault, setFault] = useState<{ runId: string; words: string } | null>(null);
  useEffect(() => {
    if (runId === null) return;
    openRun(runId).catch((error: unknown) => setFault({ runId, words: explain(error) }));
  }, [runId]);
  const isLive = view !== undefined && !isOver(view);

  return (
    <div className={runId === null ? "desk" : "desk has-run"}>
      <TicketFrame isOpen={runId === null} title={view?.prompt?.name ?? "Ticket"}>
        <TicketForm prompt={prompt} view={view ?? null} isLive={isLive} />
      </TicketFrame>
      {view !== undefined ? (
        <StreamingOutputPanel key={view.runId} view={view} />
      ) : runId !== null && fault?.runId === runId ? (
        <section className="strip">
          <div className="ending is-fault" role="alert">
            <p>{fault.words}</p>
          </div>
        </section>
      ) : (
        <section className="strip">{runId === null ? <EmptySheet /> : <p className="waiting">Opening the run…</p>}</section>
      )}
    </div>
  );
}

/** On a phone the ticket of a run that is shown folds away. */
function TicketFrame({ isOpen, title, children }: { isOpen: boolean; title: string; children: React.ReactNode }) {
  const isWide = useIsWide();
  const [isUnfolded, setUnfolded] = useState(false);
  if (isWide || isOpen) {
    return (
      <aside className="rail" aria-label="Ticket">
        {children}
      </aside>
    );
  }
  return (
    <aside className="rail" aria-label="Ticket">
      <details open={isUnfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
        <summary>
          Ticket: <strong>{title}</strong>
        </summary>
        {children}
      </details>
    </aside>
  );
}

const WIDE = "(min-width: 60rem)";

function useIsWide(): boolean {
  const [isWide, setWide] = useState(() => window.matchMedia?.(WIDE).matches ?? true);
  useEffect(() => {
    const query = window.matchMedia?.(WIDE);
    const look = () => setWide(query?.matches ?? true);
    query?.addEventListener("change", look);
    return () => query?.removeEventListener("change", look);
  }, []);
  return isWide;
}
