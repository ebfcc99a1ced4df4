/** Where a run is: its stages in icons and words, one bar that only events move, and the time. */
import { useEffect, useState } from "react";
import { formatClock, formatSpan } from "../app/format";
import { STAGE_WORDS, STATUS_WORDS } from "../app/words";
import type { Stage } from "../client/index";
import { Icon } from "../design/Icon";
import { isOver, type RunView } from "./view";

const ORDER: readonly Stage[] = ["load_prompts", "generator", "formatter", "validator", "retry", "done"];

interface Props {
  view: RunView;
  isStalled: boolean;
  /** What can be done with the run. */
  children: React.ReactNode;
  /** What must stay in sight with the bar. */
  banner: React.ReactNode;
}

export function StageBar({ view, isStalled, children, banner }: Props) {
  return (
    <div className="press">
      <Stages view={view} />
      <ProgressBar view={view} label="Progress" />
      <div className="press-line">
        <p className="press-words">
          {isStalled && (
            <span className="stalled">
              <Icon name="stalled" />
              No word from the service for a while. The run goes on; waiting…
            </span>
          )}
          {!isStalled && wordsOf(view)}
        </p>
        <Times view={view} />
        {children}
      </div>
      {banner}
    </div>
  );
}

/** An element of its own, so that a bar is one wherever it stands. */
export function ProgressBar({ view, label }: { view: RunView; label: string }) {
  const percent = view.status === "complete" ? 100 : view.progress;
  const isUnknown = percent === null || (percent === 0 && !isOver(view));
  const words = view.stage === null || isOver(view) ? STATUS_WORDS[view.status] : stageWords(view);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(isUnknown ? {} : { "aria-valuenow": percent })}
      aria-valuetext={isUnknown ? words : `${words}, ${percent} percent`}
      className={isUnknown ? "bar is-unknown" : `bar is-${view.status}`}
    >
      <span style={{ transform: `scaleX(${isUnknown ? 1 : percent / 100})` }} />
    </div>
  );
}

function Stages({ view }: { view: RunView }) {
  const reached = view.status === "complete" ? "done" : view.stage;
  const at = reached === null ? -1 : ORDER.indexOf(reached === "fail" ? "done" : reached);
  const isFailed = view.status === "error" || (view.status === "complete" && view.success === false);
  return (
    <ol className="stages" aria-label="Stages">
      {ORDER.map((stage, index) => {
        if (stage === "retry" && view.attempts.length < 2 && view.attempt < 2) return null;
        const shown = stage === "done" && isFailed ? "fail" : stage;
        const isHere = index === at;
        return (
          <li
            key={stage}
            className={isHere ? "is-here" : index < at ? "is-past" : undefined}
            aria-current={isHere ? "step" : undefined}
          >
            <Icon name={shown} />
            <span>{isHere && stage === "retry" ? stageWords(view) : endWords(view, shown)}</span>
          </li>
        );
      })}
    </ol>
  );
}

function endWords(view: RunView, stage: Stage): string {
  if (stage !== "fail") return STAGE_WORDS[stage];
  return view.status === "error" ? "Failed" : STAGE_WORDS.fail;
}

export function stageWords(view: RunView): string {
  if (view.stage === null) return STATUS_WORDS[view.status];
  const words = STAGE_WORDS[view.stage];
  if (view.stage !== "retry") return words;
  return `${words}, attempt ${view.attempt}${view.attemptLimit === null ? "" : ` of ${view.attemptLimit}`}`;
}

function wordsOf(view: RunView): string {
  if (view.retryInSeconds !== null && !isOver(view)) {
    return `The model is busy; it is asked again in ${formatSpan(view.retryInSeconds)}.`;
  }
  if (view.status === "complete") return view.success ? "The output has passed its checks." : "The run has ended with findings.";
  if (view.status === "starting") return "Waiting for the service…";
  if (view.status === "queued") return "In the queue…";
  return view.message;
}

function Times({ view }: { view: RunView }) {
  const isLive = !isOver(view);
  const now = useNow(isLive);
  if (view.createdAt === null) return null;
  const end = view.finishedAt === null ? now : Date.parse(view.finishedAt);
  const left = isLive ? view.etaSeconds : null;
  return (
    <p className="times">
      <span>{formatClock((end - Date.parse(view.createdAt)) / 1000)}</span>
      <span className="for-ears">elapsed</span>
      {left !== null && <span className="eta">about {formatSpan(Math.max(1, left))} left</span>}
    </p>
  );
}

function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
