/** Everything of one run: where it is, its draft as it grows, what was found, and what came out. */
import { useState } from "react";
import { note, warn } from "../app/notices";
import { addressOf, go } from "../app/route";
import { explain, nextStep } from "../app/words";
import { Icon } from "../design/Icon";
import { CancelButton } from "./CancelButton";
import { Colophon } from "./Colophon";
import { ConnectionBanner } from "./ConnectionBanner";
import { DraftSheet } from "./DraftSheet";
import { OutputSheet } from "./OutputSheet";
import { StageBar } from "./StageBar";
import { useRuns } from "./store";
import { startAgain } from "./transport";
import { useAnnouncements } from "./useAnnouncements";
import { isOver, type RunView } from "./view";

export function StreamingOutputPanel({ view }: { view: RunView }) {
  const connection = useRuns((state) => state.connections[view.runId]);
  // Whoever watched the draft grow keeps it where it is; whoever comes later wants the output first.
  const [wasOver] = useState(isOver(view));
  const isLive = !isOver(view);
  useAnnouncements(view);
  const output = view.output !== null && <OutputSheet key="output" view={view} />;
  const draft = <DraftSheet key="draft" view={view} follows={!wasOver} />;
  return (
    <div className="strip">
      <StageBar
        view={view}
        isStalled={isLive && connection?.state === "stalled"}
        banner={isLive && connection !== undefined && <ConnectionBanner connection={connection} />}
      >
        {isLive ? <CancelButton runId={view.runId} hasKey /> : <After view={view} wasOver={wasOver} />}
      </StageBar>
      <Ending view={view} />
      {wasOver ? [output, draft] : [draft, output]}
      <Colophon view={view} />
    </div>
  );
}

function After({ view, wasOver }: { view: RunView; wasOver: boolean }) {
  const [isBusy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    try {
      go(addressOf.run(await startAgain(view.runId)));
    } catch (error) {
      warn(explain(error));
      setBusy(false);
    }
  };
  const read = () => document.getElementById("output")?.focus();
  return (
    <div className="actions">
      {!wasOver && view.output !== null && (
        <button type="button" className="main" onClick={read}>
          <Icon name="down" />
          Read it
        </button>
      )}
      <button type="button" onClick={() => void again()} disabled={isBusy}>
        <Icon name="again" />
        Run again
      </button>
    </div>
  );
}

/** A run that failed or was cancelled says so, and what to do next; its text is kept below. */
function Ending({ view }: { view: RunView }) {
  if (view.status === "cancelled") {
    return (
      <div className="ending">
        <Icon name="cancel" />
        <p>The run was cancelled. What was written so far is kept.</p>
      </div>
    );
  }
  const { failure } = view;
  if (failure === null) return null;
  const copy = () =>
    navigator.clipboard.writeText(`${failure.code} ${view.runId}`).then(
      () => note("The code and the run's id are copied."),
      () => warn("The browser gave no access to the clipboard."),
    );
  return (
    <div className="ending is-fault" role="alert">
      <Icon name="fail" />
      <div>
        <p>
          {failure.message} <strong>{nextStep(failure.code, failure.retryable)}</strong>
        </p>
        <p className="codes">
          <code>{failure.code}</code> · run <code>{view.runId}</code>
          <button type="button" className="text-button" onClick={() => void copy()}>
            Copy both
          </button>
        </p>
      </div>
    </div>
  );
}
