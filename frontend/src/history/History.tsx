/** One's own runs: found, opened, compared, run again. */
import { useMemo, useState } from "react";
import { addressOf, go } from "../app/route";
import { STATUS_WORDS } from "../app/words";
import type { RunStatus } from "../client/index";
import { useCatalogue } from "../run/catalogue";
import { RunRow } from "./RunRow";
import { useRunList, type Filters } from "./useRunList";
import "./history.css";

const STATUSES: RunStatus[] = ["queued", "running", "complete", "error", "cancelled"];
const EVERYTHING: Filters = { status: "", prompt: "", text: "" };

export default function History() {
  const [filters, setFilters] = useState(EVERYTHING);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const { runs, hasMore, fault, showMore, remove } = useRunList(filters);
  const isFiltered = filters !== EVERYTHING && Object.values(filters).some((value) => value !== "");
  const pick = (runId: string, isOn: boolean) =>
    setPicked((before) => (isOn ? [...before, runId].slice(-2) : before.filter((other) => other !== runId)));

  return (
    <div className="history">
      <div className="view-head">
        <h1>History</h1>
        <button
          type="button"
          disabled={picked.length < 2}
          onClick={() => go(addressOf.compare(picked[0]!, picked[1]!))}
          title="Tick two runs first"
        >
          Compare{picked.length > 0 && ` (${picked.length} of 2)`}
        </button>
      </div>
      <FilterBar filters={filters} onChange={setFilters} />
      {fault !== null && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {runs === null && fault === null && <p className="waiting">Loading your runs…</p>}
      {runs?.length === 0 && <NoRuns isFiltered={isFiltered} onClear={() => setFilters(EVERYTHING)} />}
      {runs !== null && runs.length > 0 && (
        <ul className="runs" aria-label="Runs">
          {runs.map((run) => (
            <RunRow
              key={run.run_id}
              run={run}
              isPicked={picked.includes(run.run_id)}
              onPick={(isOn) => pick(run.run_id, isOn)}
              onRemoved={() => {
                pick(run.run_id, false);
                remove(run.run_id);
              }}
            />
          ))}
        </ul>
      )}
      {hasMore && (
        <button type="button" onClick={showMore}>
          Show older runs
        </button>
      )}
    </div>
  );
}

function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const prompts = useCatalogue((state) => state.prompts);
  const options = useMemo(() => prompts ?? [], [prompts]);
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div className="field">
        <label htmlFor="search">Search</label>
        <input
          id="search"
          type="search"
          placeholder="in inputs and tags"
          value={filters.text}
          onChange={(event) => onChange({ ...filters, text: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="status">Status</label>
        <select
          id="status"
          value={filters.status}
          onChange={(event) => onChange({ ...filters, status: event.target.value as Filters["status"] })}
        >
          <option value="">Any</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {STATUS_WORDS[status]}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor="of-prompt">Prompt set</label>
        <select
          id="of-prompt"
          value={filters.prompt}
          onChange={(event) => onChange({ ...filters, prompt: event.target.value })}
        >
          <option value="">Any</option>
          {options.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </div>
    </form>
  );
}

function NoRuns({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <div className="empty">
        <h2>No run is like that</h2>
        <p>Search looks at inputs and tags, not at the texts that came out.</p>
        <div>
          <button type="button" onClick={onClear}>
            Show all runs
          </button>
        </div>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>No runs yet</h2>
      <p>
        Every run is kept here with its request, its attempts and what the checks found, so that you can open it, run it
        again with changes, or lay two side by side.
      </p>
      <p>
        <a href={addressOf.new}>Begin the first one</a>
      </p>
    </div>
  );
}
