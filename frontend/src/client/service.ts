/** Making content: started, followed, resumed and cancelled from here. */

import { reaching, sendAuthorized } from "./authorize.js";
import { type Start, waitForResult } from "./blocking.js";
import { type Shared, Turns } from "./catch_up.js";
import { keepConnected } from "./connection.js";
import { traceFor } from "./debug.js";
import { completeEnvironment, findBaseUrl } from "./environment.js";
import { ApiError, MisuseError } from "./errors.js";
import { followAll } from "./follow_all.js";
import { Hub } from "./hub.js";
import { LiveRun } from "./live_run.js";
import { encodeParams, requireCallbacks, requireKey, requireRunId } from "./misuse.js";
import { type Following as Followed, followOwn } from "./own_run.js";
import { readFailure } from "./problem.js";
import { routesOf } from "./routes.js";
import { RunReader } from "./run_reader.js";
import { followShared } from "./shared_run.js";
import { connectAmongTabs } from "./tabs.js";
import type {
  AttachOptions,
  FollowAllCallbacks,
  Following,
  FollowOptions,
  GenerateOptions,
  GenerateParams,
  GenerationService,
  Result,
  ServiceOptions,
  StreamCallbacks,
} from "./types.js";

/** Make a service that works with the server as whoever `tokens` speak for. */
export function createGenerationService(options: ServiceOptions): GenerationService {
  const { tokens, connections = "own", heartbeatSeconds = 15, mostFailures = 30 } = options;
  const environment = completeEnvironment(options);
  const around = { environment, tokens, trace: traceFor(environment), heartbeatSeconds, mostFailures };
  const routes = routesOf(environment, () => findBaseUrl(options));
  const hub = new Hub(routes, around, connections === "tabs" ? connectAmongTabs : keepConnected);
  return new Service({ routes, around, turns: new Turns() }, hub, connections !== "own");
}

class Service implements GenerationService {
  readonly #shared: Shared;
  readonly #hub: Hub;
  readonly #isShared: boolean;
  readonly #live: LiveRun[] = [];

  constructor(shared: Shared, hub: Hub, isShared: boolean) {
    this.#shared = shared;
    this.#hub = hub;
    this.#isShared = isShared;
  }

  generateContent = async (params: GenerateParams, options: GenerateOptions = {}): Promise<Result> => {
    const { routes, around } = this.#shared;
    const start = this.#request(params, options);
    return this.#during(new LiveRun(), (run) =>
      waitForResult(routes, around, start, (id) => run.know(id), signalOf(options)),
    );
  };

  generateContentStream = async (
    params: GenerateParams,
    callbacks: StreamCallbacks = {},
    options: GenerateOptions = {},
  ): Promise<void> => {
    requireCallbacks(callbacks);
    const start = this.#request(params, options);
    const reader = new RunReader(callbacks, this.#shared.around.environment);
    await this.#follow({ run: new LiveRun(), reader, callbacks, start, signal: signalOf(options) });
  };

  attach = async (runId: string, callbacks: StreamCallbacks = {}, options: AttachOptions = {}): Promise<void> => {
    requireRunId(runId);
    requireCallbacks(callbacks);
    const { record } = options;
    const reader = new RunReader(callbacks, this.#shared.around.environment, record && record.partial);
    const run = new LiveRun(runId);
    await this.#follow({ run, reader, callbacks, cursor: record?.cursor, signal: signalOf(options) });
  };

  cancel = async (runId?: string): Promise<void> => {
    const id = runId === undefined ? await this.#lastLive().known() : requireRunId(runId);
    if (id === null) return;
    const { routes, around } = this.#shared;
    around.trace("cancel", { run_id: id });
    const response = await reaching(() => sendAuthorized(around.tokens, (headers) => routes.cancel(id, headers)));
    if (!response.ok) throw new ApiError(await readFailure(response));
  };

  followAll = (callbacks: FollowAllCallbacks, options: FollowOptions = {}): Following => {
    requireCallbacks(callbacks);
    return followAll(this.#hub, this.#shared, callbacks, options.signal);
  };

  #request(params: GenerateParams, options: GenerateOptions): Start {
    const key = options.key ?? this.#shared.around.environment.uuid();
    return { body: encodeParams(params), key: requireKey(key) };
  }

  #lastLive(): LiveRun {
    const last = this.#live.at(-1);
    if (last === undefined) throw new MisuseError("There is no run to cancel here: name one.");
    return last;
  }

  /** Follow a run to its end, and tell of what is no event of it. */
  async #follow(followed: Followed): Promise<void> {
    const { run, reader } = followed;
    const { routes, around } = this.#shared;
    const failure = await this.#during(run, () =>
      this.#isShared ? followShared(this.#hub, this.#shared, followed) : followOwn(routes, around, followed),
    );
    if (failure === null) return;
    reader.tell(({ onError }) => onError?.(failure.message, { ...failure, run_id: failure.run_id ?? run.id }));
  }

  /** Do something with a run that counts as live meanwhile. */
  async #during<T>(run: LiveRun, action: (run: LiveRun) => Promise<T>): Promise<T> {
    this.#live.push(run);
    try {
      return await action(run);
    } finally {
      this.#live.splice(this.#live.indexOf(run), 1);
      run.end();
    }
  }
}

function signalOf({ signal }: FollowOptions): AbortSignal {
  return signal ?? new AbortController().signal;
}
