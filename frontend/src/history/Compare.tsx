/** Two runs side by side, and what is different between their texts. */
import { lazy, Suspense, useEffect, useState } from "react";
import { formatCount, formatMoney, formatSpan, formatTime } from "../app/format";
import { addressOf } from "../app/route";
import { explain, STATUS_WORDS } from "../app/words";
import { api } from "../client/index";
import { Choice } from "../design/Choice";
import { viewOfRecord } from "../run/record";
import { titleOfView } from "../run/title";
import type { RunView } from "../run/view";
import { Proof } from "../text/Proof";
import "./history.css";

const Changes = lazy(() => import("../text/Changes"));

export default function Compare({ one, other }: { one: string; other: string }) {
  const [views, setViews] = useState<[RunView, RunView] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [look, setLook] = useState<"beside" | "changes">("beside");
  useEffect(() => {
    setViews(null);
    setFault(null);
    Promise.all([api.getRun(one), api.getRun(other)]).then(
      ([first, second]) => setViews([viewOfRecord(first), viewOfRecord(second)]),
      (error: unknown) => setFault(explain(error)),
    );
  }, [one, other]);

  return (
    <div className="compare">
      <div className="view-head">
        <h1>Compare</h1>
        <Choice
          label="Show as"
          options={["beside", "changes"]}
          words={{ beside: "Side by side", changes: "Changes" }}
          chosen={look}
          onChoose={setLook}
        />
      </div>
      {fault !== null && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {views === null && fault === null && <p className="waiting">Opening both runs…</p>}
      {views !== null && look === "beside" && (
        <div className="pair">
          <Side view={views[0]} label="First run" />
          <Side view={views[1]} label="Second run" />
        </div>
      )}
      {views !== null && look === "changes" && (
        <section className="sheet" aria-label="Changes from the first to the second">
          <header className="slug">
            <h2>From the first to the second</h2>
          </header>
          <Suspense fallback={<p className="waiting">Comparing…</p>}>
            <Changes before={textOf(views[0])} after={textOf(views[1])} />
          </Suspense>
        </section>
      )}
    </div>
  );
}

function textOf(view: RunView): string {
  return view.output ?? view.draft ?? "";
}

function Side({ view, label }: { view: RunView; label: string }) {
  const text = textOf(view);
  return (
    <section className="sheet" aria-label={label}>
      <header className="slug">
        <h2>
          <a href={addressOf.run(view.runId)}>{titleOfView(view)}</a>
        </h2>
      </header>
      <dl className="facts">
        {factsOf(view).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {text === "" ? <p className="sheet-waiting">No text was written.</p> : <Proof source={text} format={view.outputFormat} />}
    </section>
  );
}

function factsOf(view: RunView): [string, string][] {
  const seconds = view.metadata?.duration_seconds;
  const left = view.attempts.at(-1)?.findings?.length ?? 0;
  return [
    ["Prompt", view.prompt === null ? "?" : `${view.prompt.name}, version ${view.prompt.version}`],
    ["Model", view.metadata?.model?.used.join(", ") || (view.model ?? "?")],
    ["Status", view.success === false ? `${STATUS_WORDS[view.status]}, findings left: ${left}` : STATUS_WORDS[view.status]],
    ["Attempts", formatCount(view.attempts.length)],
    ["Words", formatCount(textOf(view).split(/\s+/).filter(Boolean).length)],
    ["Tokens", `${formatCount(view.usage.input_tokens)} in, ${formatCount(view.usage.output_tokens)} out`],
    ["Cost", formatMoney(view.usage.cost_usd)],
    ["Duration", seconds === null || seconds === undefined ? "?" : formatSpan(seconds)],
    ["Started", view.createdAt === null ? "?" : formatTime(view.createdAt)],
  ];
}
