/** A prompt set's input schema as fields of a form, and what is wrong with a value before the server has to say so. */

/** The part of JSON Schema that a form can show; the server judges by all of it. */
export interface InputSchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  items?: InputSchema;
  properties?: Record<string, InputSchema>;
  required?: string[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

export type FieldKind = "line" | "text" | "choice" | "choices" | "list" | "number" | "switch" | "json";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  readonly schema: InputSchema;
}

/** What stands in a field: a list's text has an entry a line. */
export type Entry = string | boolean | readonly string[];
export type Entries = Readonly<Record<string, Entry>>;

/** From here on a text needs more than one line. */
const LINE_LENGTH = 120;

export function fieldsOf(schema: InputSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    label: property.title ?? name,
    hint: property.description ?? "",
    kind: kindOf(property),
    isRequired: required.has(name),
    schema: property,
  }));
}

function kindOf(schema: InputSchema): FieldKind {
  if (schema.enum !== undefined) return "choice";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return "number";
    case "array":
      if (schema.items?.enum !== undefined) return "choices";
      return (schema.items?.type ?? "string") === "string" ? "list" : "json";
    case "object":
      return "json";
    default:
      return (schema.maxLength ?? LINE_LENGTH + 1) > LINE_LENGTH ? "text" : "line";
  }
}

/** Return what a field shows for a value, its schema's default where there is none. */
export function entryOf(field: Field, value: unknown = field.schema.default): Entry {
  switch (field.kind) {
    case "switch":
      return value === true;
    case "choices":
      return Array.isArray(value) ? value.map(String) : [];
    case "list":
      return Array.isArray(value) ? value.join("\n") : "";
    case "json":
      return value === undefined ? "" : JSON.stringify(value, null, 2);
    default:
      return value === undefined || value === null ? "" : String(value);
  }
}

export function entriesOf(fields: readonly Field[], inputs: Record<string, unknown> = {}): Entries {
  return Object.fromEntries(fields.map((field) => [field.name, entryOf(field, inputs[field.name])]));
}

/** Return a field's value for the request; undefined where it is left out. Throws a SyntaxError for broken JSON. */
export function valueOf(field: Field, entry: Entry): unknown {
  switch (field.kind) {
    case "switch":
      return entry === true;
    case "choices":
      return (entry as readonly string[]).length > 0 ? entry : undefined;
    case "list":
      return linesOf(entry as string) ?? undefined;
    case "number":
      return entry === "" ? undefined : Number(entry);
    case "json":
      return entry === "" ? undefined : (JSON.parse(entry as string) as unknown);
    case "choice":
      return field.schema.enum?.find((option) => String(option) === entry);
    default:
      return entry === "" ? undefined : entry;
  }
}

function linesOf(text: string): string[] | null {
  const lines = text.split("\n").map((line) => line.trim());
  const kept = lines.filter((line) => line !== "");
  return kept.length > 0 ? kept : null;
}

export function inputsOf(fields: readonly Field[], entries: Entries): Record<string, unknown> {
  const pairs = fields.map((field) => [field.name, valueOf(field, entries[field.name] ?? entryOf(field))] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** Return what is wrong with a field's entry and how to mend it, null where it is fine. */
export function faultOf(field: Field, entry: Entry): string | null {
  let value: unknown;
  try {
    value = valueOf(field, entry);
  } catch {
    return "Write JSON here; this can't be read as such.";
  }
  if (value === undefined) return field.isRequired ? "Fill this in." : null;
  if (typeof value === "string") return faultOfText(field.schema, value);
  if (typeof value === "number") return faultOfNumber(field.schema, value);
  return Array.isArray(value) ? faultOfList(field.schema, value) : null;
}

function faultOfText({ minLength = 0, maxLength = Infinity }: InputSchema, text: string): string | null {
  const length = [...text].length;
  if (length < minLength) return `Write at least ${minLength} characters.`;
  return length > maxLength ? `Write at most ${maxLength} characters; these are ${length}.` : null;
}

function faultOfNumber({ type, minimum = -Infinity, maximum = Infinity }: InputSchema, value: number): string | null {
  if (Number.isNaN(value)) return "Write a number.";
  if (type === "integer" && !Number.isInteger(value)) return "Write a whole number.";
  if (value < minimum) return `Write ${minimum} or more.`;
  return value > maximum ? `Write ${maximum} or less.` : null;
}

function faultOfList({ items = {}, minItems = 0, maxItems = Infinity }: InputSchema, list: unknown[]): string | null {
  if (list.length < minItems) return `Give at least ${minItems}.`;
  if (list.length > maxItems) return `Give at most ${maxItems}; these are ${list.length}.`;
  for (const [index, item] of list.entries()) {
    const fault = typeof item === "string" ? faultOfText(items, item) : null;
    if (fault !== null) return `Entry ${index + 1}: ${fault}`;
  }
  return null;
}
