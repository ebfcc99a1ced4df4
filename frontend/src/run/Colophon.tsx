/** What a run was made with and what it cost; so far, where it is not over. */
import { formatCount, formatMoney, formatSpan, formatTime } from "../app/format";
import { addressOf } from "../app/route";
import { isOver, type RunView } from "./view";

export function Colophon({ view }: { view: RunView }) {
  const { metadata, usage, prompt } = view;
  const models = metadata?.model?.used.join(", ") || view.model;
  const rows: [string, React.ReactNode][] = [
    ["Prompt", prompt && <a href={addressOf.prompt(`${prompt.name}@${prompt.version}`)}>{`${prompt.name}, version ${prompt.version}`}</a>],
    ["Model", models],
    ["Attempts", view.attempts.length > 0 ? `${view.attempts.length}${view.attemptLimit ? ` of ${view.attemptLimit}` : ""}` : null],
    ["Tokens", usage.calls > 0 ? `${formatCount(usage.input_tokens)} in, ${formatCount(usage.output_tokens)} out${usage.estimated ? " (estimated)" : ""}` : null],
    ["Cost", usage.calls > 0 ? formatMoney(usage.cost_usd) : null],
    ["First words after", spanOf(metadata?.time_to_first_token_seconds)],
    ["Duration", spanOf(metadata?.duration_seconds)],
    ["Started", view.createdAt && formatTime(view.createdAt)],
    ["Interruptions", metadata?.restarts ? formatCount(metadata.restarts) : null],
    ["Run", <code key="run">{view.runId}</code>],
  ];
  return (
    <section className="colophon" aria-label="Details">
      <h2>{isOver(view) ? "Colophon" : "So far"}</h2>
      <dl>
        {rows.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
    </section>
  );
}

function spanOf(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : formatSpan(seconds);
}
