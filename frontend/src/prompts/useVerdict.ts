/** What the service says of a draft, asked a moment after the last key. */
import { useEffect, useState } from "react";
import { explain } from "../app/words";
import { checkDraft, type DraftVerdict } from "./drafts";

const TYPING_MS = 350;

export function useVerdict(content: string) {
  const [verdict, setVerdict] = useState<DraftVerdict | null>(null);
  const [judged, setJudged] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      checkDraft(content).then(
        (found) => {
          if (isOld) return;
          setVerdict(found);
          setJudged(content);
          setFault(null);
        },
        (error: unknown) => {
          if (!isOld) setFault(explain(error));
        },
      );
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [content]);
  return { verdict, isChecking: judged !== content, fault };
}
