/** A log-in of the page: the access token in memory, the refresh token in a cookie that no script can read. */

import { authorizationOf, reaching, sendAuthorized } from "./authorize.js";
import { completeEnvironment, type Environment, findBaseUrl, guard } from "./environment.js";
import { ApiError } from "./errors.js";
import { readFailure } from "./problem.js";
import type { ClientOptions, Me, Session, Tokens } from "./types.js";

/** Before its end by so many milliseconds a token is renewed instead of sent. */
const MARGIN = 10_000;
/** Each refresh token works once, and a second use ends the session: tabs share the cookie, so they take turns. */
const LOCK = "galley-session";

/** Make a session with the server; it is nobody's until `login` or `restore`. */
export function createSession(options: ClientOptions = {}): Session {
  return new CookieSession(completeEnvironment(options), () => findBaseUrl(options));
}

class CookieSession implements Session {
  readonly #environment: Environment;
  readonly #baseUrl: () => string;
  readonly #listeners = new Set<(user: Me | null) => void>();
  #token: string | null = null;
  #expiresAt = 0;
  #user: Me | null = null;
  #refreshing: Promise<string | null> | null = null;

  constructor(environment: Environment, baseUrl: () => string) {
    this.#environment = environment;
    this.#baseUrl = baseUrl;
  }

  user = (): Me | null => this.#user;

  owner = (): string | null => this.#user?.user_id ?? null;

  get = async (): Promise<string | null> => {
    const token = this.#token;
    if (token === null || this.#environment.now() < this.#expiresAt - MARGIN) return token;
    return this.refresh(token).catch(() => token);
  };

  refresh = (stale: string | null): Promise<string | null> => {
    if (this.#token !== null && this.#token !== stale) return Promise.resolve(this.#token);
    this.#refreshing ??= this.#environment.lock(LOCK, () => this.#renew()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  };

  login = (username: string, password: string): Promise<Me> =>
    reaching(async () => {
      const body = JSON.stringify({ username, password, cookie: true });
      const headers = { "Content-Type": "application/json" };
      await this.#environment.lock(LOCK, async () => this.#take(await this.#post("/auth/login", { body, headers })));
      return this.#meet();
    });

  restore = (): Promise<Me | null> =>
    reaching(async () => ((await this.refresh(null)) === null ? null : this.#meet()));

  logout = (): Promise<void> =>
    reaching(async () => {
      const headers = authorizationOf(this.#token);
      this.#leave();
      const response = await this.#environment.lock(LOCK, () => this.#post("/auth/logout", { headers }));
      // 401: the session was over before.
      if (!response.ok && response.status !== 401) throw new ApiError(await readFailure(response));
    });

  onChange = (listener: (user: Me | null) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  onLogin = (listener: () => void): (() => void) => this.onChange((user) => user !== null && listener());

  async #renew(): Promise<string | null> {
    // `keepalive`: a page that is left in the middle would else lose the cookie's next token, and with it the session.
    const response = await this.#post("/auth/refresh", { keepalive: true });
    if (response.status === 401 || response.status === 403) {
      this.#leave();
      return null;
    }
    return this.#take(response);
  }

  async #take(response: Response): Promise<string> {
    if (!response.ok) throw new ApiError(await readFailure(response));
    const tokens = (await response.json()) as Tokens;
    this.#token = tokens.access_token;
    this.#expiresAt = this.#environment.now() + tokens.expires_in * 1000;
    return tokens.access_token;
  }

  async #meet(): Promise<Me> {
    const response = await sendAuthorized(this, (headers) => this.#environment.fetch(`${this.#baseUrl()}/auth/me`, { headers }));
    if (!response.ok) throw new ApiError(await readFailure(response));
    const user = (await response.json()) as Me;
    this.#user = user;
    this.#tell();
    return user;
  }

  #leave(): void {
    const wasSomebody = this.#user !== null;
    this.#token = null;
    this.#user = null;
    if (wasSomebody) this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) guard(this.#environment, () => listener(this.#user));
  }

  #post(path: string, init: RequestInit): Promise<Response> {
    return this.#environment.fetch(`${this.#baseUrl()}${path}`, { method: "POST", credentials: "same-origin", ...init });
  }
}
