/** The job ticket: which prompt set, with which inputs, how, and the button that begins it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { addressOf, go } from "../app/route";
import { readSetting, writeSetting } from "../app/remember";
import { say, warn } from "../app/notices";
import { explain } from "../app/words";
import type { GenerateParams } from "../client/index";
import { useCatalogue, useDescription } from "./catalogue";
import { FieldInput } from "./FieldInput";
import { Limits } from "./Limits";
import { startPlain, startStreamed } from "./transport";
import { useTicket, type Start, type Ticket } from "./ticket";
import type { RunView } from "./view";

interface Props {
  /** The prompt set that the address asks for. */
  prompt: string | null;
  /** The run that is shown, whose request the ticket repeats. */
  view: RunView | null;
  isLive: boolean;
}

export function TicketForm({ prompt, view, isLive }: Props) {
  const { prompts, models } = useCatalogue();
  const [chosen, setChosen] = useState(() => prompt ?? readSetting("prompt"));
  const shown = promptOf(view);
  const [pinned, setPinned] = useState<string | null>(null);
  useEffect(() => {
    if (shown !== undefined) setPinned(shown);
  }, [shown]);
  useEffect(() => {
    if (prompt !== null) setChosen(prompt);
  }, [prompt]);
  const offered = prompts?.some(({ name }) => name === chosen) ? chosen : (prompts?.find(({ name }) => name === "blog-post") ?? prompts?.[0])?.name;
  const reference = pinned ?? offered ?? null;
  const description = useDescription(reference);
  const request = view?.request ?? null;
  const start = useMemo(
    () => (request === null ? null : startOf(request)),
    [request],
  );
  const ticket = useTicket(description, reference ?? "", pinned === null ? null : start);
  const [isStreaming, setStreaming] = useState(() => readSetting("streaming") !== "off");
  const { isStarting, begin } = useStart(ticket, Number(description?.limits.attempts) || null);
  const form = useRef<HTMLFormElement>(null);

  const choose = (name: string) => {
    setPinned(null);
    setChosen(name);
    writeSetting("prompt", name);
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const params = ticket.check();
    if (params === null) {
      say("Some fields need mending.");
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } else {
      void begin(params, isStreaming);
    }
  };

  if (prompts === null || reference === null) return <NoPrompts isLoading={prompts === null} />;
  return (
    <form className="ticket" ref={form} onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor="prompt">Prompt</label>
        <select id="prompt" value={reference.split("@")[0]} onChange={(event) => choose(event.target.value)}>
          {prompts.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
        {description !== null && <p className="hint">{description.description}</p>}
        {description !== null && <Samples samples={description.samples} onFill={ticket.fill} />}
      </div>
      {ticket.fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          entry={ticket.entries[field.name] ?? ""}
          fault={ticket.faults[field.name] ?? null}
          onChange={(entry) => ticket.setEntry(field, entry)}
          onLeave={() => ticket.leaveField(field)}
        />
      ))}
      <Limits ticket={ticket} models={models ?? []} defaults={description?.limits ?? {}} />
      <div className="ticket-end">
        <StreamingSwitch
          isOn={isStreaming}
          isLocked={isLive || isStarting}
          onChange={(isOn) => {
            setStreaming(isOn);
            writeSetting("streaming", isOn ? "on" : "off");
          }}
        />
        {/* Not disabled while it starts: a disabled button loses the focus. */}
        <button type="submit" className="main" aria-disabled={isStarting} disabled={description === null}>
          {isStarting ? "Starting…" : "Generate"}
        </button>
      </div>
    </form>
  );
}

function promptOf(view: RunView | null): string | undefined {
  return view?.request === null || view === null ? undefined : String(view.request.prompt);
}

/** A record's request has every field, with null for what was not given. */
function startOf(request: NonNullable<RunView["request"]>): Start {
  const { inputs, model, limits } = request as { inputs?: Start["inputs"]; model?: string | null; limits?: object | null };
  const given = Object.entries(limits ?? {}).filter(([, value]) => value !== null);
  return { inputs: inputs ?? {}, model: model ?? null, limits: Object.fromEntries(given) };
}

/** The key is made with the click, so that no second click and no repeated request starts a second run. */
function useStart(ticket: Ticket, attemptsOfSet: number | null) {
  const [isStarting, setStarting] = useState(false);
  const refuse = (error: unknown) => {
    if (ticket.showRefusal(error)) say("Some fields need mending.");
    else warn(explain(error));
  };
  const begin = async (params: GenerateParams, isStreaming: boolean) => {
    if (isStarting) return;
    setStarting(true);
    const request = { ...params, run_id: crypto.randomUUID() };
    const attempts = request.limits?.attempts ?? attemptsOfSet;
    try {
      go(addressOf.run(isStreaming ? await startStreamed(request, attempts) : startPlain(request, attempts, refuse)));
    } catch (error) {
      refuse(error);
    } finally {
      setStarting(false);
    }
  };
  return { isStarting, begin };
}

function StreamingSwitch(props: { isOn: boolean; isLocked: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        checked={props.isOn}
        disabled={props.isLocked}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      Streaming mode
    </label>
  );
}

type Sample = Record<string, unknown>;

function Samples({ samples, onFill }: { samples: readonly Sample[]; onFill: (sample: Sample) => void }) {
  const [next, setNext] = useState(0);
  if (samples.length === 0) return null;
  const fill = () => {
    onFill(samples[next % samples.length]!);
    setNext(next + 1);
  };
  return (
    <button type="button" className="text-button" onClick={fill}>
      {samples.length === 1 || next === 0 ? "Fill in a sample" : "Fill in another sample"}
    </button>
  );
}

function NoPrompts({ isLoading }: { isLoading: boolean }) {
  const fault = useCatalogue((state) => state.fault);
  if (fault !== null) return <p className="fault">{explain(fault)}</p>;
  if (isLoading) return <p className="waiting">Loading prompts…</p>;
  return (
    <p>
      There is no prompt set yet. Put a file into the folder of prompts and start the service again, or publish one under{" "}
      <a href={addressOf.prompts}>Prompt sets</a>.
    </p>
  );
}
