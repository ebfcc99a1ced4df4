/** A small server on a real socket that speaks as Galley does: runs, cursors, tokens, and a cable that can be pulled. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { EventData } from "../events.js";
import { after, controlFrame, frameOf } from "./recorded.js";

export class RunServer {
  readonly events: EventData[];
  readonly asked: string[] = [];
  /** Runs started, by idempotency key. */
  readonly started = new Map<string, string>();
  /** What happens to the nth stream: how many bytes of it arrive before its connection is destroyed. */
  cuts: number[] = [];
  /** Tokens that are good; every refresh makes the next one good and the others bad. */
  good = "t1";
  /** After so many events a stream says that its token is about to end, once. */
  expiresAfter: number | null = null;
  readonly #server: Server;

  constructor(events: EventData[]) {
    this.events = events;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${request.method} ${request.url}`);
    request.resume();
    if (request.headers.authorization !== `Bearer ${this.good}`) {
      response.writeHead(401, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify({ status: 401, code: "token_expired", detail: "The token is over." }));
      return;
    }
    const runId = this.events[0]?.run_id ?? "";
    if (request.method === "POST") this.started.set(String(request.headers["idempotency-key"]), runId);
    this.#stream(request, response, runId);
  }

  #stream(request: IncomingMessage, response: ServerResponse, runId: string): void {
    const lastId = (request.headers["last-event-id"] as string | undefined) ?? null;
    const events = after(this.events, lastId);
    const frames = events.map(frameOf);
    if (this.expiresAfter !== null) {
      frames.splice(this.expiresAfter, 0, controlFrame("auth_expiring", { seconds: 30 }));
      frames.length = this.expiresAfter + 1;
      this.expiresAfter = null;
    }
    const bytes = Buffer.from(`retry: 20\n: ka\n${frames.join("")}`);
    const cut = this.cuts.shift();
    response.writeHead(200, { "Content-Type": "text/event-stream", "X-Run-Id": runId });
    response.flushHeaders();
    if (cut === undefined || cut >= bytes.length) response.end(bytes);
    else if (cut === 0) response.destroy();
    else response.write(bytes.subarray(0, cut), () => response.destroy());
  }
}
