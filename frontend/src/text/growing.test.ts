import { beforeEach, expect, test } from "vitest";
import { GrowingText } from "./growing";

const SOURCE = [
  "# A proof",
  "Read *twice*,\nmark once.",
  "- one\n- two\n\n  with a paragraph\n- three",
  "> a quote\n> of two lines",
  "```js\nconst mark = 1;\n\nmend(mark);\n```",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "1. first\n2. second",
  "The end, with <b>raw</b> HTML &amp; signs.",
].join("\n\n");

let root: HTMLElement;
let text: GrowingText;

beforeEach(() => {
  root = document.createElement("div");
  text = new GrowingText(root);
});

function whole(source: string): string {
  const other = document.createElement("div");
  new GrowingText(other).show(source);
  return other.innerHTML;
}

test("a text that grew by one character at a time looks like the text that came at once", () => {
  for (let end = 1; end <= SOURCE.length; end += 1) text.show(SOURCE.slice(0, end));

  expect(root.innerHTML).toBe(whole(SOURCE));
});

test("a text that came in two pieces looks like the text that came at once", () => {
  const expected = whole(SOURCE);
  for (let cut = 1; cut < SOURCE.length; cut += 5) {
    text.clear();
    text.show(SOURCE.slice(0, cut));
    text.show(SOURCE);
    expect(root.innerHTML).toBe(expected);
  }
});

test("finished blocks stay the same elements while the text grows", () => {
  text.show("# Title\n\nFirst paragraph.\n\nSecond");
  const [title, first] = root.children;

  text.show("# Title\n\nFirst paragraph.\n\nSecond paragraph.\n\nThird");

  expect([root.children[0], root.children[1]]).toEqual([title, first]);
  expect(root.children[0]).toBe(title);
  expect(root.children[1]).toBe(first);
});

test("an open fence grows in one text node", () => {
  text.show("Code:\n\n```\none\n");
  const node = root.querySelector("code")?.firstChild;

  text.show("Code:\n\n```\none\ntwo\nthr");

  expect(root.querySelector("code")?.firstChild).toBe(node);
  expect(node?.textContent).toBe("one\ntwo\nthr\n");
});

test("a text that begins anew replaces the one before", () => {
  text.show("# Old\n\ntext\n\nmore");

  text.show("# New");

  expect(root.textContent?.trim()).toBe("New");
});

test("blocks know the line that they begin on", () => {
  text.show("# Title\n\nOne.\n\n```\ncode\n```\n\nTwo.");

  expect(Array.from(root.children, (block) => (block as HTMLElement).dataset.line)).toEqual(["1", "3", "5", "9"]);
});
