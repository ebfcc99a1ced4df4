/** The draft as it grows, every attempt after it, and what the checks have against them. */
import { lazy, Suspense, useRef, useState } from "react";
import { countOf } from "../app/format";
import { Icon } from "../design/Icon";
import { Proof } from "../text/Proof";
import { Source } from "../text/Source";
import type { Following } from "../text/follow";
import { Choice } from "../design/Choice";
import { LOCAL_FORMATS, ownDraftFormat, saveDraft } from "./deliver";
import { MarginNotes } from "./MarginNotes";
import { SheetActions } from "./SheetActions";
import { useFollowing } from "./useFollowing";
import { isOver, type Attempt, type RunView } from "./view";

const Changes = lazy(() => import("../text/Changes"));
const NO_MARKS: (HTMLElement | null)[] = [];

type Look = "text" | "changes" | "source";

export function DraftSheet({ view, follows }: { view: RunView; follows: boolean }) {
  const [chosen, setChosen] = useState<number | null>(follows ? null : 1);
  const [look, setLook] = useState<Look>("text");
  const sheet = useRef<HTMLElement>(null);
  const { follower, hasLeft } = useFollowing(sheet, follows && !isOver(view));
  const shown = view.attempts.find(({ number }) => number === chosen) ?? view.attempts.at(-1);
  const before = shown && view.attempts.find(({ number }) => number === shown.number - 1);
  const draft = view.draft ?? view.attempts[0]?.raw ?? null;
  const isGrowing = shown?.isGrowing === true && !isOver(view);

  return (
    <section ref={sheet} className="sheet" aria-label="Draft" aria-busy={isGrowing}>
      <header className="slug">
        <h2>Draft</h2>
        <AttemptTabs attempts={view.attempts} shown={shown?.number ?? 1} onChoose={setChosen} />
        {shown !== undefined && !isGrowing && (
          <Choice
            label="Show the draft as"
            options={before ? ["text", "changes", "source"] : ["text", "source"]}
            words={{ text: "Text", changes: "Changes", source: "Source" }}
            chosen={before || look !== "changes" ? look : "text"}
            onChoose={setLook}
          />
        )}
        <SheetActions
          what="draft"
          text={draft}
          formats={LOCAL_FORMATS}
          first={ownDraftFormat(view.outputFormat)}
          onSave={(format) => saveDraft(view, draft ?? "", format)}
        />
      </header>
      {shown === undefined || textOf(shown) === "" ? (
        <p className="sheet-waiting">{isOver(view) ? "No text was written." : "The first words will be set here."}</p>
      ) : (
        <AttemptText
          key={`${shown.number}`}
          view={view}
          attempt={shown}
          before={before}
          look={isGrowing ? "text" : look}
          isGrowing={isGrowing}
          follower={follower}
        />
      )}
      {hasLeft && isGrowing && (
        <button type="button" className="jump" onClick={() => follower.current?.jump()}>
          <Icon name="down" />
          Jump to latest
        </button>
      )}
    </section>
  );
}

interface TextProps {
  view: RunView;
  attempt: Attempt;
  before: Attempt | undefined;
  look: Look;
  isGrowing: boolean;
  follower: React.RefObject<Following | null>;
}

function AttemptText({ view, attempt, before, look, isGrowing, follower }: TextProps) {
  const [marks, setMarks] = useState(NO_MARKS);
  const findings = attempt.findings ?? undefined;
  const text = textOf(attempt);
  if (look === "changes" && before !== undefined) {
    return (
      <Suspense fallback={<p className="waiting">Comparing…</p>}>
        <Changes before={textOf(before)} after={text} />
      </Suspense>
    );
  }
  if (look === "source") return <Source source={text} findings={findings ?? []} />;
  return (
    <div className={findings && findings.length > 0 ? "proof-body has-margin" : "proof-body"}>
      <Proof
        source={text}
        format={view.outputFormat}
        isGrowing={isGrowing}
        {...(findings ? { findings } : {})}
        onMarked={setMarks}
          follower={follower}
      />
      {findings !== undefined && findings.length > 0 && <MarginNotes findings={findings} marks={marks} />}
    </div>
  );
}

/** Findings point into the formatted text, so that is shown once an attempt was judged. */
function textOf(attempt: Attempt): string {
  return attempt.findings !== null && attempt.text !== null ? attempt.text : attempt.raw || (attempt.text ?? "");
}

interface TabsProps {
  attempts: readonly Attempt[];
  shown: number;
  onChoose: (number: number) => void;
}

function AttemptTabs({ attempts, shown, onChoose }: TabsProps) {
  if (attempts.length === 0) return null;
  return (
    <div className="attempts" role="group" aria-label="Attempts">
      {attempts.map((attempt) => (
        <button
          key={attempt.number}
          type="button"
          aria-pressed={attempt.number === shown}
          onClick={() => onChoose(attempt.number)}
        >
          Attempt {attempt.number}
          <span className="verdict">{verdictOf(attempt)}</span>
        </button>
      ))}
    </div>
  );
}

function verdictOf(attempt: Attempt): string {
  if (attempt.findings === null) return attempt.isGrowing ? "being written" : "not checked";
  return attempt.passed ? "passed" : countOf(attempt.findings.length, "finding");
}
