// The AG-UI client that others wrote. A line of stdin is a call, a line of stdout its outcome. A call that is cut is made
// again, with what the client has kept, until it has an end or the tries are used up.
import { createInterface } from "node:readline";
import { EventType, HttpAgent } from "@ag-ui/client";

const warnings = [];
console.warn = (text) => warnings.push(String(text));
console.error = () => {};
// @ag-ui/client 1.0.0 throws a cut once more, outside of its promise: without this line that would end the process.
process.on("unhandledRejection", (reason) => warnings.push(String(reason?.message ?? reason)));

/** Note the id of the last whole frame, which the client itself passes over, and send it back after a cut. */
function rememberingIds(memory) {
  return async (address, init) => {
    const headers = { ...init.headers, ...(memory.id ? { "Last-Event-ID": memory.id } : {}) };
    const answer = await fetch(address, { ...init, headers });
    if (!answer.ok || !answer.body) return answer;
    let text = "";
    const decoder = new TextDecoder();
    const watch = new TransformStream({
      transform(chunk, controller) {
        const frames = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
        text = frames.pop();
        for (const frame of frames) memory.id = /^id: (.*)$/m.exec(frame)?.[1] ?? memory.id;
        controller.enqueue(chunk);
      },
    });
    return new Response(answer.body.pipeThrough(watch), answer);
  };
}

async function call({ url, token, threadId, runId, text, messages, props = {}, tries = 1, resume = "cursor", abortAt }) {
  const memory = {};
  const agent = new HttpAgent({
    url: `${url}/ag-ui`,
    headers: { Authorization: `Bearer ${token}` },
    threadId,
    initialMessages: messages ?? [{ id: "question", role: "user", content: text }],
    ...(resume === "cursor" ? { fetch: rememberingIds(memory) } : {}),
  });
  const outcome = { streams: [], failures: [], result: null, error: null };
  for (let left = tries; left > 0 && !outcome.result && !outcome.error; left -= 1) {
    const events = [];
    outcome.streams.push(events);
    const watcher = {
      onEvent: ({ event }) => {
        events.push(event.type === EventType.CUSTOM ? `CUSTOM ${event.name}` : event.type);
        if (event.type === abortAt) agent.abortRun();
      },
      onRunErrorEvent: ({ event }) => {
        if (event.code !== "abort") outcome.error = event;
      },
    };
    try {
      const { result } = await agent.runAgent({ runId, forwardedProps: props }, watcher);
      outcome.result = result ?? null;
    } catch (failure) {
      outcome.failures.push({ name: failure.name, message: failure.message, status: failure.status ?? null });
      if (failure.status) break;
    }
  }
  return { ...outcome, messages: agent.messages, state: agent.state, lastId: memory.id ?? null, warnings: warnings.splice(0) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await call(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
