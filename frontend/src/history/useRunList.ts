/** One's own runs, page by page, as the filters have them; asked for again while one of them lives. */
import { useCallback, useEffect, useRef, useState } from "react";
import { api, type RunStatus, type RunSummary } from "../client/index";
import { explain } from "../app/words";

export interface Filters {
  readonly status: RunStatus | "";
  readonly prompt: string;
  readonly text: string;
}

const PAGE = 30;
const REFRESH_MS = 3000;
const TYPING_MS = 250;

export function useRunList(filters: Filters) {
  const [runs, setRuns] = useState<readonly RunSummary[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const asked = useRef(0);

  const load = useCallback(
    async (after: string | null) => {
      const turn = (asked.current += 1);
      try {
        const page = await api.listRuns({ ...queryOf(filters), limit: PAGE, ...(after === null ? {} : { after }) });
        if (turn !== asked.current) return;
        setRuns((before) => (after === null ? mergePage(page.runs, before, page.next) : [...(before ?? []), ...page.runs]));
        setNext((before) => (after === null && before !== null && page.next !== null ? before : page.next));
        setFault(null);
      } catch (error) {
        if (turn === asked.current) setFault(explain(error));
      }
    },
    [filters],
  );

  useEffect(() => {
    setNext(null);
    const timer = setTimeout(() => void load(null), filters.text === "" ? 0 : TYPING_MS);
    return () => clearTimeout(timer);
  }, [load, filters.text]);

  const isAnyLive = runs?.some(({ finished_at }) => finished_at === null) ?? false;
  useEffect(() => {
    if (!isAnyLive) return;
    const timer = setInterval(() => {
      if (!document.hidden) void load(null);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [isAnyLive, load]);

  const remove = (runId: string) => setRuns((before) => before?.filter(({ run_id }) => run_id !== runId) ?? null);
  return { runs, hasMore: next !== null, fault, showMore: () => void load(next), remove };
}

/** A fresh first page before what was asked for behind it. */
function mergePage(fresh: RunSummary[], before: readonly RunSummary[] | null, next: string | null): RunSummary[] {
  if (before === null || before.length <= PAGE || next === null) return fresh;
  const ids = new Set(fresh.map(({ run_id }) => run_id));
  const oldest = fresh.at(-1)?.created_at ?? "";
  return [...fresh, ...before.filter(({ run_id, created_at }) => !ids.has(run_id) && created_at <= oldest)];
}

function queryOf({ status, prompt, text }: Filters) {
  return {
    ...(status === "" ? {} : { status: [status] }),
    ...(prompt === "" ? {} : { prompt }),
    ...(text.trim() === "" ? {} : { text: text.trim() }),
  };
}
