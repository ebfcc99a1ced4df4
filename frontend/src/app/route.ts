/** The page's addresses, kept in the hash so that the server needs to know only `/`. */
import { useSyncExternalStore } from "react";

export type Route =
  | { name: "new"; from: string | null }
  | { name: "run"; runId: string }
  | { name: "live" }
  | { name: "history" }
  | { name: "compare"; one: string; other: string }
  | { name: "prompts" }
  | { name: "prompt"; reference: string }
  | { name: "lost" };

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [first = "", second = "", third = ""] = path.split("/").map(decode);
  if (first === "") return { name: "new", from: new URLSearchParams(query).get("prompt") };
  if (first === "runs" && second !== "") return { name: "run", runId: second };
  if (first === "live") return { name: "live" };
  if (first === "history") return { name: "history" };
  if (first === "compare" && second !== "" && third !== "") return { name: "compare", one: second, other: third };
  if (first === "prompts") return second === "" ? { name: "prompts" } : { name: "prompt", reference: second };
  return { name: "lost" };
}

/** A broken escape in an address is an address that leads nowhere. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "?";
  }
}

export const addressOf = {
  new: "#/",
  live: "#/live",
  history: "#/history",
  prompts: "#/prompts",
  run: (runId: string) => `#/runs/${runId}`,
  prompt: (reference: string) => `#/prompts/${encodeURIComponent(reference)}`,
  use: (name: string) => `#/?prompt=${encodeURIComponent(name)}`,
  compare: (one: string, other: string) => `#/compare/${one}/${other}`,
};

export function go(address: string): void {
  window.location.hash = address;
}

export function useHash(): string {
  return useSyncExternalStore(onHashChange, () => window.location.hash);
}

function onHashChange(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}
