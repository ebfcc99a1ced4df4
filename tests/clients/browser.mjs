/** Two clients in a page of the service's own origin: fetch-event-source, and the browser's EventSource with a ticket. */
import { fetchEventSource } from "@microsoft/fetch-event-source";

const ENDS = new Set(["complete", "error", "cancelled"]);
/** What was told so far, by run: for tests that look while a run goes on. */
const told = {};

class Refused extends Error {}

async function followByFetch({ url, token }, { run_id, body }) {
  const data = (told[run_id] = []);
  const control = new AbortController();
  let status = null;
  let lastId = null;
  await fetchEventSource(body ? `${url}/run/stream` : `${url}/runs/${run_id}/events`, {
    method: body ? "POST" : "GET",
    body: body && JSON.stringify(body),
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": run_id },
    signal: control.signal,
    // It takes an id for seen when it has read its line, before the event has come whole: after a cut inside of an event it
    // would never be told of that. So its cursor is replaced by the one of the last message.
    fetch(input, { headers: { "last-event-id": _, ...headers }, ...init }) {
      return fetch(input, { ...init, headers: lastId === null ? headers : { ...headers, "Last-Event-ID": lastId } });
    },
    async onopen(response) {
      if (response.ok) return;
      status = response.status;
      throw new Refused();
    },
    onmessage(event) {
      // A comment or a `retry:` alone comes as an empty message.
      if (event.data === "") return;
      lastId = event.id;
      data.push(event.data);
      if (ENDS.has(event.event)) control.abort();
    },
    onclose() {
      // It takes a clean end for the end; only a terminal event is one.
      throw new Error("cut");
    },
    onerror(error) {
      if (error instanceof Refused) throw error;
    },
  }).catch((error) => {
    if (!(error instanceof Refused)) throw error;
  });
  return { data, status };
}

async function followByTicket({ url, token, types }, { run_id }) {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/runs/${run_id}/ticket`, { method: "POST", headers });
  if (!answer.ok) return { data: [], status: answer.status };
  const { ticket } = await answer.json();
  const source = new EventSource(`${url}/runs/${run_id}/events?ticket=${ticket}`);
  const data = (told[run_id] = []);
  return new Promise((resolve) => {
    for (const type of types) {
      source.addEventListener(type, (event) => {
        // The browser's own `error`, for a connection that broke, is no MessageEvent.
        if (!(event instanceof MessageEvent)) {
          if (source.readyState === EventSource.CLOSED) resolve({ data, status: 0 });
          return;
        }
        data.push(event.data);
        if (!ENDS.has(type)) return;
        source.close();
        resolve({ data, status: null });
      });
    }
  });
}

const ways = { followByFetch, followByTicket };
window.told = told;
window.followAll = (way, given, jobs) => Promise.all(jobs.map((job) => ways[way](given, job)));
