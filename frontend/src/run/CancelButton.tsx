/** Cancelling: by a click at once, by Escape after a question. */
import { useEffect, useRef } from "react";
import { warn } from "../app/notices";
import { explain } from "../app/words";
import { Icon } from "../design/Icon";
import { useRuns } from "./store";
import { cancelRun } from "./transport";

interface Props {
  runId: string;
  /** Whether Escape asks too; for the one run that a view is about. */
  hasKey?: boolean;
  /** What to call it where a view has several. */
  label?: string;
}

export function CancelButton({ runId, hasKey = false, label }: Props) {
  const isCancelling = useRuns((state) => state.cancelling[runId] === true);
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = () => {
    cancelRun(runId).catch((error: unknown) => warn(explain(error)));
  };
  useEffect(() => {
    if (!hasKey || isCancelling) return;
    const onKey = (event: KeyboardEvent) => {
      const isInField = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
      if (event.key !== "Escape" || event.defaultPrevented || isInField || dialog.current?.open) return;
      event.preventDefault();
      dialog.current?.showModal();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [hasKey, isCancelling]);

  return (
    <>
      <button type="button" className="cancel" aria-label={label} onClick={cancel} disabled={isCancelling}>
        <Icon name="cancel" />
        {isCancelling ? "Cancelling…" : "Cancel run"}
      </button>
      {hasKey && (
        <dialog ref={dialog} className="sheet question" aria-label="Cancel this run?">
          <form method="dialog" onSubmit={(event) => submitterOf(event) === "yes" && cancel()}>
            <p>Cancel this run? The text so far is kept.</p>
            <div className="actions">
              <button type="submit" className="main" value="yes">
                Yes, cancel it
              </button>
              <button type="submit" value="no">
                Let it go on
              </button>
            </div>
          </form>
        </dialog>
      )}
    </>
  );
}

function submitterOf(event: React.FormEvent<HTMLFormElement>): string | undefined {
  const { submitter } = event.nativeEvent as SubmitEvent;
  return (submitter as HTMLButtonElement | null)?.value;
}
