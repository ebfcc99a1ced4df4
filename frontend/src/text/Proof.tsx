/** A text as it will be read: Markdown rendered block by block, HTML sanitised, everything else as it is. */
import { useLayoutEffect, useRef } from "react";
import type { Finding } from "../client/index";
import type { OutputFormat } from "../run/view";
import { GrowingText } from "./growing";
import type { Following } from "./follow";
import { clearMarks, markFinding } from "./marks";
import { sanitise } from "./sanitise";

interface Props {
  source: string;
  format: OutputFormat;
  isGrowing?: boolean;
  findings?: readonly Finding[];
  /** Hears where each finding's mark is, null where it has none. */
  onMarked?: (marks: (HTMLElement | null)[]) => void;
  /** Is told when the text has grown. */
  follower?: React.RefObject<Following | null>;
}

const NOTHING: readonly Finding[] = [];

export function Proof({ source, format, isGrowing = false, findings = NOTHING, onMarked, follower }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const text = useRef<GrowingText | null>(null);
  const heard = useRef(onMarked);
  useLayoutEffect(() => {
    heard.current = onMarked;
  });

  useLayoutEffect(() => {
    const element = root.current!;
    clearMarks(element);
    if (format === "markdown") {
      text.current ??= new GrowingText(element);
      text.current.show(source);
    } else {
      text.current = null;
      showWhole(element, source, format === "html" && !isGrowing);
    }
    if (isGrowing) follower?.current?.grown();
    else heard.current?.(findings.map((finding, index) => markFinding(element, finding, String(index))));
  }, [source, format, isGrowing, findings, follower]);

  return <div ref={root} className={`proof is-${format}`} dir="auto" />;
}

/** Show a text that has no blocks; as long as it only grows, one text node is appended to. */
function showWhole(root: HTMLElement, source: string, isHtml: boolean): void {
  const known = root.firstElementChild;
  if (!isHtml && known instanceof HTMLPreElement && known.firstChild instanceof Text) {
    const node = known.firstChild;
    if (source.startsWith(node.data)) node.appendData(source.slice(node.data.length));
    else node.data = source;
    return;
  }
  const block = document.createElement(isHtml ? "div" : "pre");
  block.className = "block";
  block.dataset.line = "1";
  block.append(isHtml ? sanitise(source) : document.createTextNode(source));
  root.replaceChildren(block);
}
