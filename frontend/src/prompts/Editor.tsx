/** A prompt set's YAML, checked as it is typed, tried out, and published as a new version. */
import { useRef, useState } from "react";
import { note, warn } from "../app/notices";
import { addressOf, go } from "../app/route";
import { countOf } from "../app/format";
import { explain } from "../app/words";
import { api } from "../client/index";
import { Icon } from "../design/Icon";
import { refreshCatalogue } from "../run/catalogue";
import { nameIn, type DraftFault } from "./drafts";
import { Preview } from "./Preview";
import { useVerdict } from "./useVerdict";

export function Editor({ source, version }: { source: string; version: number | null }) {
  const [text, setText] = useState(source);
  const [isBusy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const { verdict, isChecking, fault } = useVerdict(text);
  const isFine = verdict !== null && verdict.faults.length === 0 && !isChecking;

  const publish = async () => {
    setBusy(true);
    try {
      const { prompt, isNew } = await api.publishPrompt(nameIn(text), text);
      note(isNew ? `Version ${prompt.version} is published.` : `That is version ${prompt.version} already.`);
      await refreshCatalogue();
      go(addressOf.prompt(prompt.name));
    } catch (error) {
      warn(explain(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="editor">
      <section className="sheet" aria-label="Source">
        <header className="slug">
          <h2>Source</h2>
          <p className="hint" role="status">
            {fault ?? verdictWords(isChecking, verdict?.faults ?? null)}
          </p>
          <div className="actions">
            <button type="button" onClick={() => setText(source)} disabled={text === source || isBusy}>
              Undo all
            </button>
            <button
              type="button"
              className="main"
              onClick={() => void publish()}
              disabled={!isFine || isBusy || (version !== null && text === source)}
            >
              {version === null ? "Publish" : `Publish version ${version + 1}`}
            </button>
          </div>
        </header>
        <div className="editor-body">
          <Gutter text={text} faults={verdict?.faults ?? []} />
          <textarea
            ref={area}
            aria-label="Prompt set in YAML"
            className="mono"
            spellCheck={false}
            wrap="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Faults faults={verdict?.faults ?? []} onShow={(line) => area.current && showLine(area.current, line)} />
      </section>
      {verdict?.prompt && <Preview content={text} prompt={verdict.prompt} />}
    </div>
  );
}

function verdictWords(isChecking: boolean, faults: readonly DraftFault[] | null): string {
  if (isChecking || faults === null) return "Checking…";
  return faults.length === 0 ? "It can be published as it is." : `${countOf(faults.length, "fault")} to mend.`;
}

function Gutter({ text, faults }: { text: string; faults: readonly DraftFault[] }) {
  const wrong = new Set(faults.map(({ line }) => line));
  return (
    <ol className="gutter" aria-hidden="true">
      {text.split("\n").map((_, index) => (
        <li key={index} className={wrong.has(index + 1) ? "is-wrong" : undefined}>
          {index + 1}
        </li>
      ))}
    </ol>
  );
}

function Faults({ faults, onShow }: { faults: readonly DraftFault[]; onShow: (line: number) => void }) {
  if (faults.length === 0) return null;
  return (
    <ul className="faults" aria-label="Faults">
      {faults.map(({ pointer, line, message }, index) => (
        <li key={index}>
          <button type="button" className="note" onClick={() => line !== null && onShow(line)} disabled={line === null}>
            <Icon name="query" />
            <span>
              <code>{pointer || "the document"}</code> {message}
              {line !== null && <span className="place">line {line}</span>}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function showLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const rowHeight = area.scrollHeight / lines.length;
  area.scrollIntoView({ block: "start", behavior: "instant" });
  window.scrollBy({ top: rowHeight * (line - 1) - window.innerHeight / 3, behavior: "instant" });
}
