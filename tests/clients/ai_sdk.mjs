/**
 * The AI SDK's own transport and reader, without a page: a line of JSON in is a message to send or a chat to resume, a
 * line out is what became of it. Each answers with its `ref`, so that many can be under way.
 */
import { createInterface } from "node:readline";
import { DefaultChatTransport, readUIMessageStream } from "ai";

const PATIENCE_MS = 50_000;
const PAUSE_MS = 50;

class Reader {
  constructor({ url, token, chat, message, messageId, trigger = "submit-message", run, cancelAtDraft = false }) {
    const headers = { Authorization: `Bearer ${token}` };
    this.transport = new DefaultChatTransport({ api: `${url}/ai-sdk`, headers, body: run ? { run } : undefined });
    this.sent = { chatId: chat, messages: message ? [message] : [], trigger, messageId };
    this.cancel = cancelAtDraft && ((id) => fetch(`${url}/runs/${id}/cancel`, { method: "POST", headers }));
    this.seen = { connections: 0, drafts: [], chunks: [], errors: [], message: null, isDone: false };
  }

  /** Post the message; where not even the answer's head came, post it again. */
  async send() {
    return this.open(() => this.transport.sendMessages(this.sent));
  }

  async resume() {
    return this.open(() => this.transport.reconnectToStream({ chatId: this.sent.chatId }));
  }

  async open(ask) {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      this.seen.connections += 1;
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof TypeError) || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /** Read to the end of the run, through every cut. */
  async read(stream) {
    while (stream !== null && !(await this.readOnce(stream))) stream = await this.resume();
    return this.seen;
  }

  /** Read until the stream ends; return whether the message is over. */
  async readOnce(stream) {
    const errors = [];
    const noted = stream.pipeThrough(new TransformStream({ transform: (chunk, out) => this.note(chunk, out) }));
    for await (const message of readUIMessageStream({ stream: noted, onError: (error) => errors.push(error) })) {
      this.seen.message = message;
      await this.look(message);
    }
    const isCut = errors.some((error) => error instanceof TypeError);
    if (!isCut) this.seen.errors.push(...errors.map((error) => `${error.name}: ${error.message}`));
    this.seen.isDone = !isCut;
    return this.seen.isDone;
  }

  note(chunk, out) {
    this.seen.chunks.push(chunk.type);
    out.enqueue(chunk);
  }

  async look(message) {
    const draft = message.parts.find((part) => part.type === "data-draft")?.data.text;
    if (draft && draft !== this.seen.drafts.at(-1)) this.seen.drafts.push(draft);
    if (draft && this.cancel) {
      const cancel = this.cancel;
      this.cancel = false;
      await cancel(message.id);
    }
  }
}

async function perform(command) {
  const reader = new Reader(command);
  try {
    return await reader.read(await (command.do === "resume" ? reader.resume() : reader.send()));
  } catch (error) {
    return { refused: error.message, connections: reader.seen.connections };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  perform(command).then((seen) => console.log(JSON.stringify({ ref: command.ref, ...seen })));
}
