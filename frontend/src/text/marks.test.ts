import { expect, test } from "vitest";
import { GrowingText } from "./growing";
import { clearMarks, markFinding } from "./marks";

function rendered(source: string): HTMLElement {
  const root = document.createElement("div");
  new GrowingText(root).show(source);
  return root;
}

function finding(line: number, quote: string | null) {
  return { check: "c", message: "m", where: { line, column: 1, quote, pointer: null } };
}

test("a quote is marked in the block that its line is in", () => {
  const root = rendered("The lamp.\n\nThe lamp and the desk.");

  markFinding(root, finding(3, "The lamp"), "0");

  expect(root.innerHTML).toContain('<mark data-finding="0">The lamp</mark> and the desk.');
  expect(root.querySelectorAll("mark")).toHaveLength(1);
});

test("a quote's Markdown signs do not keep it from being found", () => {
  const root = rendered("## A **bold** claim\n\nText.");

  const mark = markFinding(root, finding(1, "## A **bold** claim"), "0");

  expect(Array.from(root.querySelectorAll("mark"), (part) => part.textContent)).toEqual(["A ", "bold", " claim"]);
  expect(mark?.textContent).toBe("A ");
});

test("where the quote is not found the whole block is marked", () => {
  const root = rendered("One.\n\nTwo.");

  const mark = markFinding(root, finding(3, "something else"), "0");

  expect(mark).toBe(root.children[1]);
  expect(mark?.className).toBe("block is-marked");
});

test("a finding without a place has no mark", () => {
  expect(markFinding(rendered("One."), { check: "c", message: "m", where: null }, "0")).toBeNull();
});

test("marks can be taken away without a trace", () => {
  const root = rendered("One two.\n\nThree.");
  const before = root.innerHTML;
  markFinding(root, finding(1, "two"), "0");
  markFinding(root, finding(3, "none"), "1");

  clearMarks(root);

  expect(root.innerHTML).toBe(before);
});
