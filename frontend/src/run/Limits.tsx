/** The part of the ticket that most people leave alone: the model and the bounds of the run. */
import type { ModelDescription } from "../client/index";
import { LIMIT_FIELDS, type LimitName, type Ticket } from "./ticket";

interface Props {
  ticket: Ticket;
  models: readonly ModelDescription[];
  defaults: Record<string, unknown>;
}

export function Limits({ ticket, models, defaults }: Props) {
  const names = Object.keys(LIMIT_FIELDS) as LimitName[];
  const hasFault = names.some((name) => ticket.faults[name] !== undefined);
  return (
    <>
      <div className="field">
        <label htmlFor="model">Model</label>
        <select id="model" value={ticket.model} onChange={(event) => ticket.setModel(event.target.value)}>
          <option value="">{`Default (${models.find((model) => model.is_default)?.title ?? "as the prompt set says"})`}</option>
          {models.map((model) => (
            <option key={model.id} value={model.id}>
              {model.title}
            </option>
          ))}
        </select>
      </div>
      <details className="limits" open={hasFault || undefined}>
        <summary>Limits</summary>
        <p className="hint">A run that meets one ends with its best text so far. Empty is as the prompt set says.</p>
        <div className="limit-fields">
          {names.map((name) => (
            <LimitField key={name} name={name} ticket={ticket} placeholder={placeholderOf(defaults[name])} />
          ))}
        </div>
      </details>
    </>
  );
}

function placeholderOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function LimitField({ name, ticket, placeholder }: { name: LimitName; ticket: Ticket; placeholder?: string | undefined }) {
  const fault = ticket.faults[name];
  const id = `limit-${name}`;
  return (
    <div className="field">
      <label htmlFor={id}>{LIMIT_FIELDS[name]}</label>
      <input
        id={id}
        inputMode="decimal"
        placeholder={placeholder}
        value={ticket.limits[name] ?? ""}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : `${id}-fault`}
        onChange={(event) => ticket.setLimit(name, event.target.value)}
      />
      {fault !== undefined && (
        <p className="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}
