/** The places of findings, as `<mark>` in the text that is shown. */
import type { Finding } from "../client/index";

/** Mark a finding in rendered blocks: its quote where that is found, else the block that its line is in. */
export function markFinding(root: HTMLElement, finding: Finding, id: string): HTMLElement | null {
  const line = finding.where?.line;
  if (line === null || line === undefined) return null;
  const block = blockAt(root, line);
  if (block === null) return null;
  const quote = plainQuote(finding.where?.quote ?? "");
  const found = quote === "" ? null : wrapText(block, quote, id);
  if (found !== null) return found;
  block.classList.add("is-marked");
  block.dataset.finding = id;
  return block;
}

/** Take away all marks. */
export function clearMarks(root: HTMLElement): void {
  for (const mark of root.querySelectorAll("mark[data-finding]")) mark.replaceWith(...mark.childNodes);
  for (const block of root.querySelectorAll<HTMLElement>(".is-marked")) {
    block.classList.remove("is-marked");
    delete block.dataset.finding;
  }
  root.normalize();
}

function blockAt(root: HTMLElement, line: number): HTMLElement | null {
  let found: HTMLElement | null = null;
  for (const block of root.querySelectorAll<HTMLElement>(":scope > .block")) {
    if (Number(block.dataset.line) > line) break;
    found = block;
  }
  return found;
}

/** A quote is source text; what Markdown makes of it has no signs any more. */
function plainQuote(quote: string): string {
  return quote
    .split("\n")[0]!
    .replace(/^\s*(?:#{1,6}|[-*+>]|\d+[.)])\s+/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)?/g, "$1")
    .replace(/[*_`~]/g, "")
    .trim();
}

/** Wrap the first place of `text` in the element, which may run over several text nodes. */
export function wrapText(element: HTMLElement, text: string, id: string): HTMLElement | null {
  const start = (element.textContent ?? "").indexOf(text);
  if (start < 0) return null;
  let first: HTMLElement | null = null;
  let at = 0;
  for (const node of textNodes(element)) {
    const from = Math.max(start - at, 0);
    const to = Math.min(start + text.length - at, node.data.length);
    at += node.data.length;
    if (from >= to) continue;
    const mark = document.createElement("mark");
    mark.dataset.finding = id;
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    range.surroundContents(mark);
    first ??= mark;
  }
  return first;
}

function textNodes(element: HTMLElement): Text[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  return nodes;
}
