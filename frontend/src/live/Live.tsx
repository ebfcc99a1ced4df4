/** Everything that is being written right now, side by side over one connection. */
import { useEffect, useState } from "react";
import { addressOf } from "../app/route";
import { explain } from "../app/words";
import { api, type RunSummary } from "../client/index";
import { isOver } from "../run/view";
import { useRuns } from "../run/store";
import { followAllRuns, learnRequest } from "../run/transport";
import { LiveStrip } from "./LiveStrip";
import "../history/history.css";
import "./live.css";

const MOST = 50;

export default function Live() {
  const [listed, setListed] = useState<readonly RunSummary[] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  // What has ended while one looked at it stays until one leaves.
  const [seen, setSeen] = useState<readonly string[]>([]);
  const views = useRuns((state) => state.views);

  useEffect(() => followAllRuns(), []);
  useEffect(() => {
    api.listRuns({ status: ["queued", "running"], limit: MOST }).then(
      ({ runs }) => setListed(runs),
      (error: unknown) => setFault(explain(error)),
    );
  }, []);

  const live = Object.values(views).filter((view) => !isOver(view)).map((view) => view.runId);
  const known = [...new Set([...seen, ...(listed ?? []).map(({ run_id }) => run_id), ...live])];
  const key = known.join();
  useEffect(() => {
    setSeen(key === "" ? [] : key.split(","));
    for (const runId of key.split(",")) if (runId !== "") void learnRequest(runId);
  }, [key]);
  const shown = known.map((runId) => views[runId]).filter((view) => view !== undefined);

  return (
    <div className="live">
      <div className="view-head">
        <h1>Live runs</h1>
        <a href={addressOf.new}>Begin another</a>
      </div>
      {fault !== null && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {listed === null && fault === null && shown.length === 0 && <p className="waiting">Looking for live runs…</p>}
      {listed !== null && known.length === 0 && (
        <div className="empty">
          <h2>Nothing is being written</h2>
          <p>
            Runs appear here as they begin, whoever begins them: this page, another tab, or a program with your name. They
            share one connection, so ten at once are no trouble.
          </p>
        </div>
      )}
      <ul className="strips">
        {shown.map((view) => (
          <LiveStrip key={view.runId} view={view} />
        ))}
      </ul>
    </div>
  );
}
