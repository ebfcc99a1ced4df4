/** A prompt set in words: what goes in, what is checked, where it ends. */
import type { PromptDescription } from "../client/index";
import { fieldsOf, type Field, type InputSchema } from "../run/schema";
import { LIMIT_FIELDS, type LimitName } from "../run/ticket";

export function Overview({ prompt }: { prompt: PromptDescription }) {
  const limits = Object.entries(prompt.limits as Record<string, number>);
  return (
    <div className="sheet overview">
      <p className="lede">{prompt.description}</p>
      <section aria-label="Inputs">
        <h2>Inputs</h2>
        <dl>
          {fieldsOf(prompt.inputs as InputSchema).map((field) => (
            <div key={field.name}>
              <dt>
                {field.label} {!field.isRequired && <span className="aside">optional</span>}
              </dt>
              <dd>
                {field.hint} {boundsOf(field)}
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <section aria-label="Checks">
        <h2>Checks</h2>
        {prompt.checks.length === 0 && <p>None: whatever the model writes passes.</p>}
        <dl>
          {prompt.checks.map((check, index) => (
            <div key={index}>
              <dt>{String((check as { check?: unknown }).check).replaceAll("_", " ")}</dt>
              <dd>{settingsOf(check)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section aria-label="Bounds">
        <h2>Bounds</h2>
        <dl>
          <div>
            <dt>Output format</dt>
            <dd>{prompt.output_format}</dd>
          </div>
          {limits.map(([name, value]) => (
            <div key={name}>
              <dt>{LIMIT_FIELDS[name as LimitName] ?? name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

function boundsOf({ schema }: Field): string {
  const parts = [
    schema.maxLength && `at most ${schema.maxLength} characters`,
    schema.maxItems && `at most ${schema.maxItems} entries`,
    schema.enum && `one of ${schema.enum.join(", ")}`,
  ];
  const bounds = parts.filter((part) => typeof part === "string").join("; ");
  return bounds === "" ? "" : `(${bounds})`;
}

function settingsOf(check: Record<string, unknown>): string {
  const settings = Object.entries(check).filter(([name]) => name !== "check");
  return settings.map(([name, value]) => `${name.replaceAll("_", " ")}: ${wordsOf(value)}`).join("; ");
}

function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
