/** One input of a prompt set: its label, its hint, and what is wrong with it beside it. */
import type { Entry, Field } from "./schema";

interface Props {
  field: Field;
  entry: Entry;
  fault: string | null;
  onChange: (entry: Entry) => void;
  onLeave: () => void;
}

export function FieldInput(props: Props) {
  const { field, fault } = props;
  const id = `input-${field.name}`;
  const isGroup = field.kind === "choices";
  const Frame = isGroup ? "fieldset" : "div";
  return (
    <Frame className="field" aria-describedby={isGroup ? describedBy(id, field, fault) : undefined}>
      <div className="field-head">
        {isGroup ? <legend>{field.label}</legend> : <label htmlFor={id}>{field.label}</label>}
        {!field.isRequired && <span className="aside">optional</span>}
      </div>
      <Control {...props} id={id} />
      {field.hint !== "" && (
        <p className="hint" id={`${id}-hint`}>
          {field.hint}
          {field.kind === "list" && " Begin a new line for each."}
        </p>
      )}
      {fault !== null && (
        <p className="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </Frame>
  );
}

function describedBy(id: string, field: Field, fault: string | null): string | undefined {
  const parts = [field.hint === "" ? null : `${id}-hint`, fault === null ? null : `${id}-fault`];
  return parts.filter((part) => part !== null).join(" ") || undefined;
}

function Control({ id, field, entry, fault, onChange, onLeave }: Props & { id: string }) {
  const shared = {
    id,
    "aria-describedby": describedBy(id, field, fault),
    "aria-invalid": fault !== null,
    "aria-required": field.isRequired,
    onBlur: onLeave,
  };
  const placeholder = exampleOf(field);
  switch (field.kind) {
    case "choice":
      return (
        <select {...shared} value={String(entry)} onChange={(event) => onChange(event.target.value)}>
          {entry === "" && <option value="">Choose…</option>}
          {field.schema.enum?.map((option) => (
            <option key={String(option)}>{String(option)}</option>
          ))}
        </select>
      );
    case "choices":
      return <Choices field={field} chosen={entry as readonly string[]} onChange={onChange} onLeave={onLeave} />;
    case "switch":
      return (
        <input {...shared} type="checkbox" checked={entry === true} onChange={(event) => onChange(event.target.checked)} />
      );
    case "number":
    case "line":
      return (
        <input
          {...shared}
          inputMode={field.kind === "number" ? "decimal" : undefined}
          placeholder={placeholder}
          value={String(entry)}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    default:
      return (
        <textarea
          {...shared}
          rows={field.kind === "text" ? 2 : 3}
          className={field.kind === "json" ? "mono" : undefined}
          placeholder={placeholder}
          value={String(entry)}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

function exampleOf(field: Field): string | undefined {
  const example = field.schema.examples?.[0];
  if (example === undefined || field.kind === "json") return undefined;
  return Array.isArray(example) ? example.join("\n") : String(example);
}

interface ChoicesProps {
  field: Field;
  chosen: readonly string[];
  onChange: (entry: Entry) => void;
  onLeave: () => void;
}

function Choices({ field, chosen, onChange, onLeave }: ChoicesProps) {
  const toggle = (option: string, isOn: boolean) =>
    onChange(isOn ? [...chosen, option] : chosen.filter((other) => other !== option));
  return (
    <div className="choices" onBlur={onLeave}>
      {field.schema.items?.enum?.map(String).map((option) => (
        <label key={option}>
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={(event) => toggle(option, event.target.checked)}
          />
          {option}
        </label>
      ))}
    </div>
  );
}
