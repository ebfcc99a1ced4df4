/** Every version of a prompt set, and for editors what changed from one to another. */
import { lazy, Suspense, useEffect, useState } from "react";
import { formatTime } from "../app/format";
import { addressOf } from "../app/route";
import { explain } from "../app/words";
import type { PromptDescription } from "../client/index";
import { useDescription } from "../run/catalogue";
import { listVersions, type VersionList } from "./drafts";

const Changes = lazy(() => import("../text/Changes"));

export function Versions({ prompt, canCompare }: { prompt: PromptDescription; canCompare: boolean }) {
  const [list, setList] = useState<VersionList | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { name, version } = prompt;
  const [from, setFrom] = useState(Math.max(1, version - 1));
  const [to, setTo] = useState(version);
  useEffect(() => {
    listVersions(name).then(setList, (error: unknown) => setFault(explain(error)));
  }, [name]);
  const numbers = list?.versions.map((known) => known.version) ?? [];

  return (
    <div className="versions">
      {fault !== null && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <ul className="runs" aria-label="Versions">
        {list?.versions.map((known) => (
          <li key={known.version} className="version-row">
            <a href={addressOf.prompt(`${name}@${known.version}`)}>Version {known.version}</a>
            <span className="run-facts">
              {formatTime(known.published_at)} by {known.author}
              {known.labels.map((label) => (
                <span key={label} className="tag">
                  {label}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
      {canCompare && numbers.length > 1 && (
        <section className="sheet" aria-label="Changes">
          <header className="slug">
            <h2>Changes</h2>
            <VersionSelect label="From version" numbers={numbers} chosen={from} onChoose={setFrom} />
            <VersionSelect label="To version" numbers={numbers} chosen={to} onChoose={setTo} />
          </header>
          <SourceChanges name={name} from={from} to={to} />
        </section>
      )}
      {numbers.length === 1 && (
        <p className="hint">There is one version so far. A version never changes: publishing makes the next one.</p>
      )}
    </div>
  );
}

interface SelectProps {
  label: string;
  numbers: readonly number[];
  chosen: number;
  onChoose: (version: number) => void;
}

function VersionSelect({ label, numbers, chosen, onChoose }: SelectProps) {
  return (
    <label className="version-select">
      {label}
      <select value={chosen} onChange={(event) => onChoose(Number(event.target.value))}>
        {numbers.map((number) => (
          <option key={number}>{number}</option>
        ))}
      </select>
    </label>
  );
}

function SourceChanges({ name, from, to }: { name: string; from: number; to: number }) {
  const before = useDescription(`${name}@${from}`);
  const after = useDescription(`${name}@${to}`);
  if (before === null || after === null) return <p className="waiting">Comparing…</p>;
  return (
    <div className="source-changes">
      <Suspense fallback={<p className="waiting">Comparing…</p>}>
        <Changes before={before.source ?? ""} after={after.source ?? ""} />
      </Suspense>
    </div>
  );
}
