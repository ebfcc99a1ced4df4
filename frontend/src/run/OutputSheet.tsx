/** The text that a run ended with, rendered and as its source. */
import { useState } from "react";
import { limitWords } from "../app/words";
import { Choice } from "../design/Choice";
import { Icon } from "../design/Icon";
import { Proof } from "../text/Proof";
import { Source } from "../text/Source";
import { ownDraftFormat } from "./deliver";
import { EXPORT_FORMATS, saveOutput, type ExportFormat } from "./export";
import { SheetActions } from "./SheetActions";
import type { RunView } from "./view";

export function OutputSheet({ view }: { view: RunView }) {
  const [look, setLook] = useState<"text" | "source">("text");
  const output = view.output ?? "";
  return (
    <section className="sheet is-final" aria-label="Output" id="output" tabIndex={-1}>
      <header className="slug">
        <h2>Output</h2>
        <Verdict view={view} />
        <Choice
          label="Show the output as"
          options={["text", "source"]}
          words={{ text: "Text", source: "Source" }}
          chosen={look}
          onChoose={setLook}
        />
        <SheetActions
          what="output"
          text={output}
          formats={EXPORT_FORMATS}
          first={ownDraftFormat(view.outputFormat) as ExportFormat}
          onSave={(format) => saveOutput(view, format)}
        />
      </header>
      {look === "source" ? (
        <Source source={output} />
      ) : (
        <div className="proof-body">
          <Proof source={output} format={view.outputFormat} />
        </div>
      )}
    </section>
  );
}

function Verdict({ view }: { view: RunView }) {
  const limit = view.metadata?.limit;
  if (view.success) {
    return (
      <p className="stamp is-passed">
        <Icon name="done" />
        Every check passed
      </p>
    );
  }
  return (
    <p className="stamp">
      <Icon name="query" />
      {limit ? `The best text so far: ${limitWords(limit)}` : "The best text so far; some findings are left"}
    </p>
  );
}
