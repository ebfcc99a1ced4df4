/** A stand-in for the service that streams one long draft as fast as a benchmark wants, and serves the built page. */
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const FRONTEND = fileURLToPath(new URL("..", import.meta.url));
const RUN = "0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b";
const TYPES = { js: "text/javascript", mjs: "text/javascript", css: "text/css", html: "text/html", svg: "image/svg+xml" };
const PIN = { name: "long", version: 1, hash: "0".repeat(64) };
const ME = { user_id: "1", name: "bench", roles: ["author"], expires_at: "2100-01-01T00:00:00.000Z", today: {} };
const PROMPT = {
  ...{ ...PIN, title: "Long", description: "A long text.", labels: [], published_at: "2026-01-01T00:00:00.000Z" },
  ...{ author: "bench", inputs: { type: "object", properties: { topic: { type: "string", title: "Topic" } } } },
  ...{ output_format: "markdown", output_schema: null, checks: [], limits: {}, model: null, samples: [], source: null },
};

/** A draft with headings, lists, a table, quotes and code, of about so many words. */
export function writeDraft(words) {
  const sentence = "The proof is pulled, read against the copy, and every mark in its margin is set right before the press runs. ";
  const parts = [];
  for (let count = 0, index = 0; count < words; index += 1) {
    const part = [
      `## Section ${index + 1}\n\n`,
      `${sentence.repeat(5).trim()}\n\n`,
      `- ${sentence}\n- **${sentence.trim()}**\n- [a link](https://example.org/${index}) and ${sentence}\n\n`,
      `> ${sentence}\n\n`,
      "```js\nconst proof = read(copy);\nfor (const mark of proof.marks) mend(mark);\n```\n\n",
      `| mark | meaning |\n|---|---|\n| caret | insert |\n| dele | take out |\n\n${sentence.repeat(3).trim()}\n\n`,
    ][index % 6];
    parts.push(part);
    count += part.split(/\s+/).length;
  }
  return parts.join("");
}

/** Serve the page and a run whose draft takes so many seconds; resolves with its address and how to end it. */
export async function startStub({ draft, seconds }) {
  const run = { id: RUN, draft, seconds };
  const server = createServer((request, response) => answer(request, response, run));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let begin = null;

function answer(request, response, run) {
  const path = request.url.split("?")[0];
  const json = (body, status = 200, headers = {}) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
  if (path === "/auth/login") return json({ access_token: "bench", expires_in: 900, token_type: "Bearer" });
  if (path === "/auth/me") return json(ME);
  if (path === "/prompts") return json({ prompts: [PROMPT] });
  if (path.startsWith("/prompts/")) return json(PROMPT);
  if (path === "/models") return json({ models: [{ id: "bench", title: "Bench", is_default: true }] });
  if (path === "/run" || path === "/run/stream") return startRun(request, response, json, path, run);
  if (path === "/events" || path === "/naive/events" || path.endsWith("/events")) return stream(request, response, run, path);
  return file(path, response);
}

function startRun(request, response, json, path, run) {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    run.id = JSON.parse(body).run_id;
    if (path === "/run/stream") return stream(request, response, run, path);
    begin?.();
    json({ run_id: run.id, status: "queued" }, 202, { Location: `/runs/${run.id}` });
  });
}

function stream(request, response, run, path) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Run-Id": run.id });
  response.write(": open\n\n");
  if (path !== "/events") return void play(response, run);
  begin = () => void play(response, run);
}

/** One delta every 40 ms, as the service merges them. */
async function play(response, { draft, seconds, id }) {
  let seq = 0;
  const send = (type, data) => {
    seq += 1;
    const time = new Date().toISOString();
    response.write(`id: ${id}:1-${seq}\nevent: ${type}\ndata: ${JSON.stringify({ run_id: id, seq, time, type, ...data })}\n\n`);
  };
  send("run", { status: "queued", prompt: PIN, model: "bench" });
  send("progress", { stage: "generator", message: "Generating content...", progress: 30, attempt: 1 });
  const began = performance.now();
  for (let at = 0; at < draft.length; ) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    const until = Math.min(draft.length, Math.ceil((draft.length * (performance.now() - began)) / (seconds * 1000)));
    if (until > at) send("delta", { stage: "generator", attempt: 1, text: draft.slice(at, until), offset: at });
    at = until;
  }
  send("draft", { stage: "generator", message: "Initial draft generated", progress: 50, draft, attempt: 1, truncated: false });
}

function file(path, response) {
  const place = path.startsWith("/naive/") ? `bench${path}` : path.startsWith("/node_modules/") ? path : `dist${path === "/" ? "/index.html" : path}`;
  const name = FRONTEND + place;
  if (path.includes("..") || !existsSync(name)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[name.split(".").at(-1)] ?? "application/octet-stream" });
  createReadStream(name).pipe(response);
}
