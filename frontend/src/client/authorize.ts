/** Sending requests as the user, with a new token where the old one is not good any more. */

import { ApiError } from "./errors.js";
import { noAnswer } from "./problem.js";
import type { TokenSource } from "./types.js";

/**
 * Send a request with the access token; one that is answered with 401 is sent again with a newer token, once.
 * `send` must be able to send twice. Rejects as `send` and `refresh` do.
 */
export async function sendAuthorized(
  tokens: TokenSource,
  send: (authorization: Record<string, string>) => Promise<Response>,
): Promise<Response> {
  const token = await tokens.get();
  const response = await send(authorizationOf(token));
  if (response.status !== 401) return response;
  const fresh = await tokens.refresh(token);
  if (fresh === null || fresh === token) return response;
  await response.body?.cancel();
  return send(authorizationOf(fresh));
}

/** The header that carries a token. */
export function authorizationOf(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Do something that sends requests; a request without an answer rejects with an `ApiError`. */
export async function reaching<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    // All that fetch throws for a missing answer is a TypeError, and JSON cut in the middle is a SyntaxError.
    if (error instanceof TypeError || error instanceof SyntaxError) throw new ApiError(noAnswer());
    throw error;
  }
}
