/** One stream of a run under way, in a world that a test turns by hand. */

import { createGenerationService } from "../service.js";
import type { GenerationService } from "../types.js";
import { after, streamOf, whole } from "./recorded.js";
import { type Answer, Network, Notes, Purse, settle, stream, World } from "./rig.js";

export const EVENTS = whole();
/** An answer with the run's first five events, which is then cut. */
export const BEGINNING = stream([streamOf(EVENTS.slice(0, 5))]);

/** Goes on behind the cursor that it is given, as a server does. */
export const rest: Answer = (asked, signal) =>
  stream([streamOf(after(EVENTS, asked.headers.get("Last-Event-ID")))])(asked, signal);

export interface Scene {
  network: Network;
  world: World;
  notes: Notes;
  purse: Purse;
  service: GenerationService;
  /** Whether the stream's promise has resolved. */
  isDone: () => boolean;
}

/** Start a stream and let everything happen that needs no time. */
export async function begin(answers: Answer[], { purse = new Purse(), mostFailures = 30 } = {}): Promise<Scene> {
  const [network, world, notes] = [new Network(...answers), new World(), new Notes()];
  const environment = world.environment(network.fetch);
  const service = createGenerationService({ environment, tokens: purse, mostFailures });
  let isDone = false;
  void service.generateContentStream({ prompt: "note" }, notes.callbacks).then(() => (isDone = true));
  await settle();
  return { network, world, notes, purse, service, isDone: () => isDone };
}
