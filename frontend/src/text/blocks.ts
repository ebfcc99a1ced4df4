/** Markdown as blocks that can be frozen: a block that another one follows will not change any more. */
import { Lexer, Marked, type Token, type TokensList } from "marked";

/** `raw` is the block's source with the blank lines behind it; `line` counts from 1. */
export interface Block {
  readonly raw: string;
  readonly line: number;
  readonly token: Token;
}

const OPTIONS = { gfm: true, breaks: false, async: false } as const;
const marked = new Marked(OPTIONS);

/** Cut Markdown into its blocks, in order and without a rest. */
export function cutBlocks(source: string, firstLine = 1): Block[] {
  const blocks: Block[] = [];
  let line = firstLine;
  for (const token of new Lexer({ ...OPTIONS }).blockTokens(source, [] as unknown as TokensList)) {
    const last = blocks.at(-1);
    if (token.type === "space" && last !== undefined) {
      blocks[blocks.length - 1] = { ...last, raw: last.raw + token.raw };
    } else if (token.type !== "space") {
      blocks.push({ raw: token.raw, line, token });
    }
    line += countLines(token.raw);
  }
  return blocks;
}

/** Return a block's HTML, which is not safe yet. */
export function renderBlock(block: Block): string {
  return marked.parse(block.raw, OPTIONS);
}

/** Whether the block is a fenced code block, open or closed; its text is then `codeOf`. */
export function isFence(block: Block): boolean {
  return block.token.type === "code" && /^ {0,3}(`{3,}|~{3,})/.test(block.raw);
}

export function codeOf(block: Block): string {
  return block.token.type === "code" ? String(block.token.text) : block.raw;
}

export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
