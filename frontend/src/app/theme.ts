/** Light, dark, or as the system has it; remembered in this browser. */
import { useState } from "react";
import { readSetting, writeSetting } from "./remember";

export type Theme = "auto" | "light" | "dark";
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export function readTheme(): Theme {
  const kept = readSetting("theme");
  return THEMES.find((theme) => theme === kept) ?? "auto";
}

export function applyTheme(theme: Theme = readTheme()): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Return the theme and what sets the next one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(readTheme);
  const next = () => {
    const after = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    writeSetting("theme", after);
    applyTheme(after);
    setTheme(after);
  };
  return [theme, next];
}
