import { expect, test } from "vitest";
import { addressOf, readRoute } from "./route";

test.each([
  ["", { name: "new", from: null }],
  ["#/?prompt=faq", { name: "new", from: "faq" }],
  [addressOf.run("1"), { name: "run", runId: "1" }],
  [addressOf.compare("1", "2"), { name: "compare", one: "1", other: "2" }],
  [addressOf.prompt("faq@3"), { name: "prompt", reference: "faq@3" }],
  [addressOf.history, { name: "history" }],
  ["#/nowhere", { name: "lost" }],
  ["#/runs/%E0%A4%A", { name: "run", runId: "?" }],
])("%s", (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
});
