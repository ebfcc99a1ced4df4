/**
 * `eventsource-parser` over fetch at a Galley, called as eventsource.mjs is. It only reads: whoever uses it asks again
 * behind the last id after a cut.
 */
import { EventSourceParserStream } from "eventsource-parser/stream";

const { url, token, jobs } = JSON.parse(process.argv[2]);
const ENDS = new Set(["complete", "error", "cancelled"]);

function ask({ run_id, body }, lastId) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": run_id };
  if (lastId) headers["Last-Event-ID"] = lastId;
  return body
    ? fetch(`${url}/run/stream`, { method: "POST", body: JSON.stringify(body), headers })
    : fetch(`${url}/runs/${run_id}/events`, { headers });
}

async function follow(job) {
  const data = [];
  for (let lastId = ""; ; ) {
    try {
      const response = await ask(job, lastId);
      if (response.status !== 200) return { data, status: response.status };
      const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const frame of frames) {
        lastId = frame.id ?? lastId;
        data.push(frame.data);
        if (ENDS.has(frame.event)) return { data, status: null };
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

console.log(JSON.stringify(await Promise.all(jobs.map(follow))));
