/** Findings as a proof-reader writes them: in the margin, level with the place in the text. */
import { useLayoutEffect, useRef } from "react";
import type { Finding } from "../client/index";
import { Icon, type IconName } from "../design/Icon";

const GAP = 12;

const SIGNS: Record<string, IconName> = {
  words: "insert",
  length: "insert",
  headings: "formatter",
  forbidden_phrases: "dele",
  placeholders: "query",
};

interface Props {
  findings: readonly Finding[];
  marks: readonly (HTMLElement | null)[];
}

export function MarginNotes({ findings, marks }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => {
    const element = list.current!;
    const level = () => levelNotes(element, marks);
    level();
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(level);
    observer.observe(element.parentElement!);
    return () => observer.disconnect();
  }, [marks, findings]);

  return (
    <ol className="margin" ref={list} aria-label={`Findings (${findings.length})`}>
      {findings.map((finding, index) => (
        <Note key={index} finding={finding} mark={marks[index] ?? null} />
      ))}
    </ol>
  );
}

function Note({ finding, mark }: { finding: Finding; mark: HTMLElement | null }) {
  const { check, message, where } = finding;
  const heat = (isHot: boolean) => mark?.classList.toggle("is-hot", isHot);
  const words = (
    <>
      <Icon name={SIGNS[check] ?? "query"} />
      <span>
        <span className="check">{check.replaceAll("_", " ")}</span> {sentenceOf(message)}
        {where?.pointer && <code>{where.pointer}</code>}
        {mark !== null && where?.line && <span className="place">line {where.line}</span>}
      </span>
    </>
  );
  if (mark === null) return <li className="note">{words}</li>;
  const show = () => {
    mark.scrollIntoView({ block: "center", behavior: "instant" });
    heat(true);
  };
  return (
    <li>
      <button
        type="button"
        className="note"
        onClick={show}
        onFocus={() => heat(true)}
        onBlur={() => heat(false)}
        onMouseEnter={() => heat(true)}
        onMouseLeave={() => heat(false)}
      >
        {words}
      </button>
    </li>
  );
}

/** Most messages say what the text does: "has 361 words, 39 too few". */
function sentenceOf(message: string): string {
  return /^\p{Ll}/u.test(message) ? `The text ${message}` : message;
}

/** Put each note level with its mark, or below the one before; where the margin is under the text, as a plain list. */
function levelNotes(list: HTMLOListElement, marks: readonly (HTMLElement | null)[]): void {
  const top = list.getBoundingClientRect().top;
  let free = 0;
  for (const [index, note] of Array.from(list.children).entries()) {
    const mark = marks[index];
    const wanted = mark ? mark.getBoundingClientRect().top - top : 0;
    const place = Math.max(free, wanted);
    (note as HTMLElement).style.setProperty("--top", `${place}px`);
    free = place + (note as HTMLElement).offsetHeight + GAP;
  }
  list.style.setProperty("--height", `${free}px`);
}
