/** What changed from one text to the next, word by word. */
import { diffWordsWithSpace } from "diff";
import { useMemo } from "react";

/** A comparison of very different long texts would hold the page for longer than anybody reads it. */
const MOST_MS = 400;

export default function Changes({ before, after }: { before: string; after: string }) {
  const parts = useMemo(() => diffWordsWithSpace(before, after, { timeout: MOST_MS }), [before, after]);
  if (parts === undefined) return <p className="hint">These texts have too little in common to show word by word.</p>;
  const count = parts.filter((part) => part.added || part.removed).length;
  return (
    <>
      {count === 0 && <p className="hint">Nothing changed.</p>}
      <div className="changes" dir="auto">
        {parts.map((part, index) =>
          part.added ? (
            <ins key={index}>{part.value}</ins>
          ) : part.removed ? (
            <del key={index}>{part.value}</del>
          ) : (
            <span key={index}>{part.value}</span>
          ),
        )}
      </div>
    </>
  );
}
