/** One connection for all tabs of a user: the tab that holds a lock has it and tells the others what comes. */

import { keepConnected } from "./connection.js";
import type { Link } from "./link.js";
import type { Channel } from "./environment.js";
import type { EventData } from "./events.js";
import type { Connect } from "./hub.js";
import type { ConnectionState } from "./types.js";

/** What tabs say to each other. */
type Saying =
  | { what: "event"; data: EventData }
  | { what: "passed"; id: string }
  | { what: "reset"; runId: string | null }
  | { what: "state"; state: ConnectionState }
  /** A tab that has just come asks how things are. */
  | { what: "hello" };

/** Connect as `keepConnected` does, but only in one tab at a time; another takes over when that one goes away. */
export const connectAmongTabs: Connect = async (link, around, callbacks, { signal, lastId = "" }) => {
  const owner = around.tokens.owner?.() ?? null;
  const name = `galley-events-${owner}`;
  const channel = owner === null ? null : around.environment.channel(name);
  if (channel === null) return keepConnected(link, around, callbacks, { signal, lastId });
  let passed = lastId;
  let state: ConnectionState = "connecting";
  const hear = (saying: Saying): void => {
    if (saying.what === "event") link.take(saying.data);
    if (saying.what === "reset") link.reset(saying.runId);
    if (saying.what === "passed") passed = saying.id;
    if (saying.what === "state") callbacks.onConnection?.(saying.state);
  };
  channel.onmessage = ({ data }) => hear(data as Saying);
  channel.postMessage({ what: "hello" } satisfies Saying);
  const lead = (): ReturnType<Connect> => {
    channel.onmessage = ({ data }) => {
      if ((data as Saying).what !== "hello") return;
      say(channel, { what: "state", state });
      // Whoever takes over goes on from there, or a run that ends meanwhile would never be told of.
      if (passed !== "") say(channel, { what: "passed", id: passed });
    };
    const onConnection = (next: ConnectionState): void => {
      state = next;
      // The end of this tab's connection is not the others': one of them goes on.
      if (next !== "closed") say(channel, { what: "state", state });
      callbacks.onConnection?.(next);
    };
    const told = { ...callbacks, onConnection };
    return keepConnected(telling(link, channel, (id) => (passed = id)), around, told, { signal, lastId: passed });
  };
  try {
    return await around.environment.lock(name, lead, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  } finally {
    channel.close();
  }
};

/** The same link, which also tells the other tabs. */
function telling(link: Link, channel: Channel, keep: (id: string) => void): Link {
  return {
    ...link,
    take: (data) => {
      say(channel, { what: "event", data });
      return link.take(data);
    },
    reset: (runId) => {
      say(channel, { what: "reset", runId });
      link.reset(runId);
    },
    passed: (id) => {
      keep(id);
      say(channel, { what: "passed", id });
    },
  };
}

function say(channel: Channel, saying: Saying): void {
  channel.postMessage(saying);
}
