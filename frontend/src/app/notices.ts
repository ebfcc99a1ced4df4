/** What the page says beside its views: short notes that pass, and lines for screen readers. */
import { create } from "zustand";

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isFault: boolean;
}

interface Notices {
  notices: readonly Notice[];
  said: string;
}

const SECONDS_SHOWN = 6;
/** Screen readers finish one line before the next; faster changes are told by their last one. */
const SAY_EVERY_MS = 1000;

export const useNotices = create<Notices>(() => ({ notices: [], said: "" }));

let count = 0;
let nextLine: string | null = null;
let isPausing = false;

/** Show a note for a while, and say it. */
export function note(text: string): void {
  show({ id: (count += 1), text, isFault: false });
  say(text);
}

/** Show what went wrong; it stays twice as long. Its element is an alert, so nothing else has to say it. */
export function warn(text: string): void {
  show({ id: (count += 1), text, isFault: true });
}

function show(notice: Notice): void {
  useNotices.setState(({ notices }) => ({
    notices: [...notices.filter((other) => other.text !== notice.text), notice].slice(-4),
  }));
  setTimeout(() => dismiss(notice.id), SECONDS_SHOWN * (notice.isFault ? 2000 : 1000));
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Say a line politely; of lines that follow each other fast only the last is said. */
export function say(line: string): void {
  nextLine = line;
  if (isPausing) return;
  speak();
}

function speak(): void {
  if (nextLine === null) return;
  useNotices.setState({ said: nextLine });
  nextLine = null;
  isPausing = true;
  setTimeout(() => {
    isPausing = false;
    speak();
  }, SAY_EVERY_MS);
}
