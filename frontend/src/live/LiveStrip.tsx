/** One live run, small: where it is, the last lines of its text, and what can be done. */
import { addressOf } from "../app/route";
import { STATUS_WORDS } from "../app/words";
import { CancelButton } from "../run/CancelButton";
import { ProgressBar, stageWords } from "../run/StageBar";
import { titleOfView } from "../run/title";
import { isOver, type RunView } from "../run/view";

/** As much of the end of a text as a strip has room for. */
const TAIL = 700;

export function LiveStrip({ view }: { view: RunView }) {
  const title = titleOfView(view);
  const text = view.attempts.at(-1)?.raw ?? "";
  return (
    <li className="live-strip">
      <div className="live-head">
        <a href={addressOf.run(view.runId)}>{title}</a>
        <p>{isOver(view) ? endWords(view) : stageWords(view)}</p>
      </div>
      <ProgressBar view={view} label={`Progress of ${title}`} />
      <div className="live-text" dir="auto">
        <p>{text === "" ? "The first words will be set here." : text.slice(-TAIL)}</p>
      </div>
      <div className="actions">
        <a className="as-button" href={addressOf.run(view.runId)} aria-label={`Open ${title}`}>
          Open
        </a>
        {!isOver(view) && <CancelButton runId={view.runId} label={`Cancel run: ${title}`} />}
      </div>
    </li>
  );
}

function endWords(view: RunView): string {
  return view.status === "complete" && view.success === false ? "With findings" : STATUS_WORDS[view.status];
}
