/** What the model would be told: a draft's templates, filled with inputs. */
import { useEffect, useState } from "react";
import { explain } from "../app/words";
import { FieldInput } from "../run/FieldInput";
import { entriesOf, faultOf, fieldsOf, inputsOf, type Entries, type InputSchema } from "../run/schema";
import { previewDraft, type DraftVerdict, type RenderedPrompt } from "./drafts";

const TYPING_MS = 350;
type Draft = NonNullable<DraftVerdict["prompt"]>;

export function Preview({ content, prompt }: { content: string; prompt: Draft }) {
  const fields = fieldsOf(prompt.inputs as InputSchema);
  const [typed, setTyped] = useState<Entries>({});
  const entries = { ...entriesOf(fields, prompt.samples[0] as Record<string, unknown> | undefined), ...typed };
  const faults = fields.map((field) => faultOf(field, entries[field.name] ?? ""));
  const inputs = faults.every((fault) => fault === null) ? JSON.stringify(inputsOf(fields, entries)) : null;
  const { rendered, fault } = useRendered(content, inputs);

  return (
    <section className="sheet" aria-label="Preview">
      <header className="slug">
        <h2>Preview</h2>
        <p className="hint">What the model is told with these inputs.</p>
      </header>
      <div className="preview">
        <div className="preview-inputs">
          {fields.map((field, index) => (
            <FieldInput
              key={field.name}
              field={field}
              entry={entries[field.name] ?? ""}
              fault={faults[index] ?? null}
              onChange={(entry) => setTyped((before) => ({ ...before, [field.name]: entry }))}
              onLeave={() => undefined}
            />
          ))}
        </div>
        <div className="preview-text">
          {fault !== null && <p className="fault">{fault}</p>}
          {rendered !== null && (
            <>
              <h3>System</h3>
              <pre>{rendered.system}</pre>
              <h3>User</h3>
              <pre>{rendered.user}</pre>
            </>
          )}
        </div>
      </div>
    </section>
  );
}

function useRendered(content: string, inputs: string | null) {
  const [rendered, setRendered] = useState<RenderedPrompt | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    if (inputs === null) return;
    let isOld = false;
    const timer = setTimeout(() => {
      previewDraft(content, JSON.parse(inputs) as Record<string, unknown>).then(
        (found) => {
          if (isOld) return;
          setRendered(found);
          setFault(null);
        },
        (error: unknown) => {
          if (!isOld) setFault(explain(error));
        },
      );
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [content, inputs]);
  return { rendered, fault };
}
