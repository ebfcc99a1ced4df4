/** The job ticket's state: what is to be run, and what is wrong with it. */
import { useEffect, useState } from "react";
import { ApiError, type GenerateParams, type Limits, type PromptDescription } from "../client/index";
import { entriesOf, faultOf, fieldsOf, inputsOf, type Entries, type Entry, type Field, type InputSchema } from "./schema";

export const LIMIT_FIELDS = {
  attempts: "Attempts",
  output_tokens: "Tokens of one text",
  total_tokens: "Tokens in all",
  cost_usd: "Cost in US dollars",
  deadline_seconds: "Deadline in seconds",
} as const;

export type LimitName = keyof typeof LIMIT_FIELDS;
export type LimitEntries = Readonly<Partial<Record<LimitName, string>>>;

export interface Ticket {
  readonly fields: readonly Field[];
  readonly entries: Entries;
  readonly faults: Readonly<Record<string, string>>;
  readonly model: string;
  readonly limits: LimitEntries;
  setEntry: (field: Field, entry: Entry) => void;
  leaveField: (field: Field) => void;
  setModel: (model: string) => void;
  setLimit: (name: LimitName, value: string) => void;
  fill: (inputs: Record<string, unknown>) => void;
  /** Check everything; return the request, null where something is wrong. */
  check: () => GenerateParams | null;
  /** Put what the server refused beside the fields; false where it is about none of them. */
  showRefusal: (error: unknown) => boolean;
}

/** What a ticket begins with. */
export interface Start {
  inputs: Record<string, unknown>;
  model: string | null;
  limits: Limits;
}

/** Keep a ticket for a prompt set, begun with what an older run had. */
export function useTicket(prompt: PromptDescription | null, reference: string, start: Start | null): Ticket {
  const fields = prompt === null ? [] : fieldsOf(prompt.inputs as InputSchema);
  const [entries, setEntries] = useState<Entries>({});
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [model, setModel] = useState("");
  const [limits, setLimits] = useState<LimitEntries>({});

  useEffect(() => {
    if (prompt === null) return;
    const shown = fieldsOf(prompt.inputs as InputSchema);
    // What was typed for one prompt set is kept for the next one's fields of the same name.
    setEntries((before) => ({ ...entriesOf(shown), ...(start === null ? keepTyped(shown, before) : entriesOf(shown, start.inputs)) }));
    setFaults({});
    if (start !== null) {
      setModel(start.model ?? "");
      setLimits(Object.fromEntries(Object.entries(start.limits).map(([name, value]) => [name, String(value)])));
    }
  }, [prompt, start]);

  const judge = (field: Field, entry: Entry) => setFaults((before) => withFault(before, field.name, faultOf(field, entry)));
  return {
    fields,
    entries,
    faults,
    model,
    limits,
    setModel,
    setEntry: (field, entry) => {
      setEntries((before) => ({ ...before, [field.name]: entry }));
      if (faults[field.name] !== undefined) judge(field, entry);
    },
    leaveField: (field) => {
      const entry = entries[field.name];
      if (entry !== undefined && entry !== "") judge(field, entry);
    },
    setLimit: (name, value) => {
      setLimits((before) => ({ ...before, [name]: value }));
      setFaults((before) => withFault(before, name, null));
    },
    fill: (inputs) => {
      setEntries(entriesOf(fields, inputs));
      setFaults({});
    },
    check: () => {
      const found = { ...faultsOf(fields, entries), ...faultsOfLimits(limits) };
      setFaults(found);
      if (Object.keys(found).length > 0) return null;
      const params: GenerateParams = { prompt: reference, inputs: inputsOf(fields, entries) };
      if (model !== "") params.model = model;
      const given = limitsOf(limits);
      if (Object.keys(given).length > 0) params.limits = given;
      return params;
    },
    showRefusal: (error) => {
      const found = refusalsOf(error);
      setFaults((before) => ({ ...before, ...found }));
      return Object.keys(found).some((name) => name in LIMIT_FIELDS || fields.some((field) => field.name === name));
    },
  };
}

function keepTyped(fields: readonly Field[], before: Entries): Entries {
  const kept = fields.filter(({ name }) => typeof before[name] === "string" && before[name] !== "");
  return Object.fromEntries(kept.filter(({ kind }) => kind === "line" || kind === "text").map(({ name }) => [name, before[name]!]));
}

function withFault(faults: Record<string, string>, name: string, fault: string | null): Record<string, string> {
  const { [name]: _, ...others } = faults;
  return fault === null ? others : { ...others, [name]: fault };
}

function faultsOf(fields: readonly Field[], entries: Entries): Record<string, string> {
  const pairs = fields.map((field) => [field.name, faultOf(field, entries[field.name] ?? "")] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== null));
}

function faultsOfLimits(limits: LimitEntries): Record<string, string> {
  const wrong = Object.entries(limits).filter(([, value]) => value !== "" && !(Number(value) > 0));
  return Object.fromEntries(wrong.map(([name]) => [name, "Write a number above 0, or nothing."]));
}

function limitsOf(limits: LimitEntries): Limits {
  const given = Object.entries(limits).filter(([, value]) => value !== "");
  return Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
}

/** "/inputs/topic" and "/limits/attempts" are about those fields. */
function refusalsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const named = error.errors.map(({ pointer, detail }) => [pointer.split("/")[2] ?? "", detail] as const);
  return Object.fromEntries(named.filter(([name]) => name !== "").map(([name, detail]) => [name, sentence(detail)]));
}

function sentence(detail: string): string {
  return `This ${detail}${detail.endsWith(".") ? "" : "."}`;
}
