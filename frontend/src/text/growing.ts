/**
 * Markdown that grows, as elements: finished blocks are made once and never touched again; only the last one, which is
 * still being written, is made anew. A reader's selection, a link under the pointer and the scroll position stay.
 */
import { codeOf, countLines, cutBlocks, isFence, renderBlock, type Block } from "./blocks";
import { sanitise } from "./sanitise";

/** From so many blocks on, layout leaves out those that are out of sight. */
const LONG = 120;

export class GrowingText {
  readonly #root: HTMLElement;
  #source = "";
  /** The elements of blocks that can't change any more, and how much of the source they stand for. */
  #count = 0;
  #frozen = 0;
  #frozenLines = 0;
  #open: { element: HTMLElement; block: Block } | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Show this text; where it begins with the one before, only what is new is worked on. */
  show(source: string): void {
    if (source === this.#source) return;
    if (!source.startsWith(this.#source.slice(0, this.#frozen)) || source.length < this.#frozen) this.clear();
    this.#source = source;
    const blocks = cutBlocks(source.slice(this.#frozen), this.#frozenLines + 1);
    const last = blocks.pop();
    for (const block of blocks) this.#freeze(block);
    if (last !== undefined) this.#write(last);
    else this.#drop();
  }

  /** Show nothing. */
  clear(): void {
    this.#root.replaceChildren();
    this.#root.classList.remove("is-long");
    this.#source = "";
    this.#count = 0;
    this.#frozen = 0;
    this.#frozenLines = 0;
    this.#open = null;
  }

  #freeze(block: Block): void {
    this.#write(block);
    this.#open = null;
    if ((this.#count += 1) === LONG) this.#root.classList.add("is-long");
    this.#frozen += block.raw.length;
    this.#frozenLines += countLines(block.raw);
  }

  #write(block: Block): void {
    const before = this.#open;
    if (before !== null && before.block.raw === block.raw) return;
    if (before !== null && isFence(before.block) && isFence(block) && appendCode(before.element, block)) {
      this.#open = { element: before.element, block };
      return;
    }
    const element = makeBlock(block);
    if (before === null) this.#root.append(element);
    else before.element.replaceWith(element);
    this.#open = { element, block };
  }

  #drop(): void {
    this.#open?.element.remove();
    this.#open = null;
  }
}

/** Return one block as an element. */
export function makeBlock(block: Block): HTMLElement {
  const element = document.createElement("div");
  element.className = "block";
  element.dataset.line = String(block.line);
  element.append(sanitise(renderBlock(block)));
  return element;
}

/** Let an open fence grow in its one `<pre>`; false where that is not what has happened. */
function appendCode(element: HTMLElement, block: Block): boolean {
  const code = element.querySelector("pre > code");
  const text = code?.firstChild;
  if (!(text instanceof Text)) return false;
  const now = codeOf(block) + "\n";
  const shown = text.data.replace(/\n$/, "");
  if (!now.startsWith(shown)) return false;
  text.data = shown;
  text.appendData(now.slice(shown.length));
  return true;
}
