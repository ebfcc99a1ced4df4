/** Saying a run's changes to screen readers: stages and its end, never the text. */
import { useEffect } from "react";
import { say } from "../app/notices";
import { countOf } from "../app/format";
import { STATUS_WORDS } from "../app/words";
import { stageWords } from "./StageBar";
import { isOver, type RunView } from "./view";

export function useAnnouncements(view: RunView): void {
  const line = lineOf(view);
  useEffect(() => {
    if (line !== null) say(line);
  }, [line]);
}

/** A failure is an alert of its own; it is not said twice. */
function lineOf(view: RunView): string | null {
  if (view.status === "error") return null;
  if (view.status === "complete") {
    const left = view.attempts.at(-1)?.findings?.length ?? 0;
    return view.success ? "Complete. The output has passed its checks." : `Complete, with ${countOf(left, "finding")} left.`;
  }
  return isOver(view) ? `${STATUS_WORDS[view.status]}.` : stageWords(view);
}
