/** A text as it was written, with the number of every line and the places of findings. */
import type { Finding } from "../client/index";

export function Source({ source, findings = [] }: { source: string; findings?: readonly Finding[] }) {
  const marked = new Map(findings.flatMap(({ where, message }) => (where?.line ? [[where.line, message] as const] : [])));
  return (
    <ol className="source" dir="auto">
      {source.split("\n").map((line, index) => (
        <li key={index} className={marked.has(index + 1) ? "is-marked" : undefined} title={marked.get(index + 1)}>
          <code>{line === "" ? "\u00a0" : line}</code>
        </li>
      ))}
    </ol>
  );
}
