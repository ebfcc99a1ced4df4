/** What to call a run: the beginning of its first text input. */
import type { RunView } from "./view";

const LONGEST = 90;

export function titleOf(inputs: unknown, fallback: string): string {
  const texts = Object.values((inputs ?? {}) as Record<string, unknown>).filter((value) => typeof value === "string");
  const first = texts.find((text) => text.trim() !== "")?.trim();
  if (first === undefined) return fallback;
  return first.length > LONGEST ? `${first.slice(0, LONGEST - 1).trimEnd()}…` : first;
}

export function titleOfView(view: RunView): string {
  const { inputs } = (view.request ?? {}) as { inputs?: unknown };
  return titleOf(inputs, view.prompt?.name ?? "Run");
}
