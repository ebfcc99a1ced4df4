/** One run in the history. */
import { useState } from "react";
import { formatAgo, formatSpan, formatTime } from "../app/format";
import { note, warn } from "../app/notices";
import { addressOf, go } from "../app/route";
import { explain, STATUS_WORDS } from "../app/words";
import { api, type RunSummary } from "../client/index";
import { Icon, type IconName } from "../design/Icon";
import { startAgain } from "../run/transport";

interface Props {
  run: RunSummary;
  isPicked: boolean;
  onPick: (isOn: boolean) => void;
  onRemoved: () => void;
}

export function RunRow({ run, isPicked, onPick, onRemoved }: Props) {
  const [isBusy, setBusy] = useState(false);
  const name = nameOf(run);
  const act = async (action: () => Promise<void>) => {
    setBusy(true);
    try {
      await action();
    } catch (error) {
      warn(explain(error));
    } finally {
      setBusy(false);
    }
  };
  const again = () => act(async () => go(addressOf.run(await startAgain(run.run_id))));
  const remove = () =>
    act(async () => {
      await api.deleteRun(run.run_id);
      note("The run is deleted.");
      onRemoved();
    });
  return (
    <li className="run-row">
      <input
        type="checkbox"
        aria-label={`Compare ${name}`}
        checked={isPicked}
        onChange={(event) => onPick(event.target.checked)}
      />
      <div className="run-words">
        <a href={addressOf.run(run.run_id)}>{name}</a>
        <p className="run-facts">
          {run.prompt.name}, version {run.prompt.version} · {run.model} ·{" "}
          <time dateTime={run.created_at} title={formatTime(run.created_at)}>
            {formatAgo(run.created_at)}
          </time>
          {run.finished_at !== null && ` · ${formatSpan((Date.parse(run.finished_at) - Date.parse(run.created_at)) / 1000)}`}
          {run.tags.map((tag) => (
            <span key={tag} className="tag">
              {tag}
            </span>
          ))}
        </p>
      </div>
      <Status run={run} />
      <div className="actions">
        <button type="button" className="quiet" onClick={() => void again()} disabled={isBusy}>
          <Icon name="again" />
          Run again
        </button>
        <button
          type="button"
          className="quiet"
          aria-label={`Delete ${name}`}
          title={run.finished_at === null ? "Cancel it first" : "Delete"}
          onClick={() => void remove()}
          disabled={isBusy || run.finished_at === null}
        >
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}

function nameOf(run: RunSummary): string {
  return run.excerpt || `${run.prompt.name}, ${formatTime(run.created_at)}`;
}

const ICONS: Record<RunSummary["status"], IconName> = {
  queued: "stalled",
  running: "generator",
  complete: "done",
  error: "fail",
  cancelled: "cancel",
};

function Status({ run }: { run: RunSummary }) {
  const hasFindings = run.status === "complete" && run.success === false;
  return (
    <p className={run.status === "error" || hasFindings || run.finished_at === null ? "run-status is-loud" : "run-status"}>
      <Icon name={hasFindings ? "query" : ICONS[run.status]} />
      {hasFindings ? "With findings" : STATUS_WORDS[run.status]}
    </p>
  );
}
