/** Taking text out of the page: to the clipboard, and as files. */
import type { OutputFormat, RunView } from "./view";
import { cutBlocks, renderBlock } from "../text/blocks";
import { sanitise } from "../text/sanitise";

export const LOCAL_FORMATS = ["md", "txt", "html", "json"] as const;
export type LocalFormat = (typeof LOCAL_FORMATS)[number];

const MEDIA: Record<LocalFormat, string> = {
  md: "text/markdown",
  txt: "text/plain",
  html: "text/html",
  json: "application/json",
};

const OWN: Record<OutputFormat, LocalFormat> = { markdown: "md", html: "html", text: "txt", json: "json" };

export function ownDraftFormat(format: OutputFormat): LocalFormat {
  return OWN[format];
}

/** "blog-post-draft-1a2b3c4d.md": says what it is, and of which run. */
export function fileName(view: RunView, what: "draft" | "output", extension: string): string {
  return `${view.prompt?.name ?? "galley"}-${what}-${view.runId.slice(0, 8)}.${extension}`;
}

/** Save a draft in one of the formats that the page makes by itself. */
export function saveDraft(view: RunView, draft: string, format: LocalFormat): void {
  saveFile(fileName(view, "draft", format), MEDIA[format], contentOf(view, draft, format));
}

export function contentOf(view: RunView, draft: string, format: LocalFormat): string {
  switch (format) {
    case "md":
      return draft;
    case "json":
      return JSON.stringify({ run_id: view.runId, prompt: view.prompt, model: view.model, draft }, null, 2) + "\n";
    case "html":
      return documentOf(view.prompt?.name ?? "Draft", htmlOf(view, draft));
    case "txt":
      return view.outputFormat === "markdown" ? plainOf(draft) : draft;
  }
}

export function saveFile(name: string, media: string, content: string | Blob): void {
  const address = URL.createObjectURL(new Blob([content], { type: `${media};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Copy text; where the browser has no clipboard for us (plain HTTP), by way of a selection. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "for-ears";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("The browser gave no access to the clipboard.");
}

function renderMarkdown(source: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const block of cutBlocks(source)) fragment.append(sanitise(renderBlock(block)), "\n");
  return fragment;
}

function htmlOf(view: RunView, draft: string): string {
  const page = document.createElement("article");
  if (view.outputFormat === "markdown") page.append(renderMarkdown(draft));
  else if (view.outputFormat === "html") page.append(sanitise(draft));
  else page.append(Object.assign(document.createElement("pre"), { textContent: draft }));
  return new XMLSerializer().serializeToString(page);
}

function plainOf(source: string): string {
  const blocks = cutBlocks(source).map((block) => (sanitise(renderBlock(block)).textContent ?? "").trim());
  return blocks.filter((text) => text !== "").join("\n\n") + "\n";
}

function documentOf(title: string, body: string): string {
  return `<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n${body}\n</body>\n</html>\n`;
}
