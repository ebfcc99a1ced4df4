/** The page's icons, drawn in the manner of proof-reader's marks: one line, no fill. */
const PATHS = {
  load_prompts: "M4 5h16v14H4zM4 10h16M9 10v9",
  generator: "M4 20l4-1L19 8l-3-3L5 16zM14 7l3 3",
  formatter: "M13 4v16M17 4v16M19 4h-8a4 4 0 0 0 0 8h2",
  validator: "M4 5h10M4 10h10M4 15h5M11 17l3 3 6-8",
  retry: "M4 17h4l4-9 4 9h4M9 20h6",
  done: "M4 13l5 5L20 6",
  fail: "M6 6l12 12M18 6L6 18",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M8 8h11v12H8zM5 16V4h11",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  cancel: "M5 5h14v14H5z",
  again: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  stalled: "M8 5v14M16 5v14",
  offline: "M4 9c5-4 11-4 16 0M7.5 13c3-2.4 6-2.4 9 0M12 17h.01M4 20L20 4",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  dark: "M19 14A8 8 0 0 1 10 5a8 8 0 1 0 9 9",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  down: "M12 5v14M6 13l6 6 6-6",
  insert: "M5 18l7-12 7 12",
  dele: "M18 6c-6 1-12 5-12 9a3 3 0 0 0 6 0c0-4-3-7-7-9M12 15l7 4",
  query: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18h.01",
  search: "M10.5 5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M15 15l5 5",
  out: "M13 5H5v14h8M10 12h10M16 8l4 4-4 4",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
