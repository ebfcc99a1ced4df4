/** The prompt sets and models on offer, asked for once and again when something was published. */
import { useEffect } from "react";
import { create } from "zustand";
import { api, type ModelDescription, type PromptDescription, type PromptSummary } from "../client/index";

interface Catalogue {
  prompts: readonly PromptSummary[] | null;
  models: readonly ModelDescription[] | null;
  /** By reference: `name`, `name@3`. */
  descriptions: Record<string, PromptDescription>;
  fault: unknown;
}

const EMPTY: Catalogue = { prompts: null, models: null, descriptions: {}, fault: null };

export const useCatalogue = create<Catalogue>(() => EMPTY);

export async function loadCatalogue(): Promise<void> {
  try {
    const [prompts, models] = await Promise.all([api.listPrompts(), api.listModels()]);
    useCatalogue.setState({ prompts, models, fault: null });
  } catch (fault) {
    useCatalogue.setState({ fault });
  }
}

/** Return a prompt set with its input schema; null while it is asked for. */
export function useDescription(reference: string | null): PromptDescription | null {
  const known = useCatalogue((state) => (reference === null ? undefined : state.descriptions[reference]));
  useEffect(() => {
    if (reference === null || known !== undefined) return;
    api.getPrompt(reference).then(
      (found) => useCatalogue.setState(({ descriptions }) => ({ descriptions: { ...descriptions, [reference]: found } })),
      (fault: unknown) => useCatalogue.setState({ fault }),
    );
  }, [reference, known]);
  return known ?? null;
}

/** A prompt set has a new version: ask for everything again. */
export async function refreshCatalogue(): Promise<void> {
  useCatalogue.setState({ descriptions: {} });
  await loadCatalogue();
}

export function forgetModels(): void {
  useCatalogue.setState(EMPTY);
}
