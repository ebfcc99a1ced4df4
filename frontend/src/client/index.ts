/** The client of a Galley server. */

import { createApi } from "./api.js";
import { createGenerationService } from "./service.js";
import { createSession } from "./session.js";
import type { Api, GenerationService, Session } from "./types.js";

export { createApi, createGenerationService, createSession };
export { debugLog } from "./debug.js";
export { ApiError, MisuseError } from "./errors.js";
export type { Channel, Environment } from "./environment.js";
export type * from "./events.js";
export type { components, operations, paths } from "./openapi.js";
export type * from "./types.js";

/** The page's session with the server that served it. */
export const session: Session = /* @__PURE__ */ createSession();

/** The other routes of that server. */
export const api: Api = /* @__PURE__ */ createApi({ tokens: session });

/** Makes content with that server; all its tabs share one connection. */
export const generationService: GenerationService = /* @__PURE__ */ createGenerationService({
  tokens: session,
  connections: "tabs",
});
