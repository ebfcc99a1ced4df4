/**
 * `eventsource` at a Galley: `node eventsource.mjs '{"url", "token", "jobs": [{"run_id", "body"}]}'` follows every job to
 * its end and writes what it was told. It reconnects by itself; a `body` makes it post.
 */
import { EventSource } from "eventsource";

const { url, token, types, jobs } = JSON.parse(process.argv[2]);
const ENDS = new Set(["complete", "error", "cancelled"]);

function follow({ run_id, body }) {
  const post = body && { method: "POST", body: JSON.stringify(body) };
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": run_id };
  const source = new EventSource(post ? `${url}/run/stream` : `${url}/runs/${run_id}/events`, {
    fetch: (input, init) => fetch(input, { ...init, ...post, headers: { ...init.headers, ...headers } }),
  });
  const data = [];
  return new Promise((resolve) => {
    const finish = (status) => {
      source.close();
      resolve({ data, status });
    };
    for (const type of types) {
      source.addEventListener(type, (event) => {
        // Our `error` has data; the client's own, for a connection that broke or was refused, has none.
        if (event.data === undefined) return source.readyState === source.CLOSED && finish(event.code);
        data.push(event.data);
        if (ENDS.has(type)) finish(null);
      });
    }
  });
}

console.log(JSON.stringify(await Promise.all(jobs.map(follow))));
