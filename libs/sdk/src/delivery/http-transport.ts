/**
 * The built-in client. A tool may block the event loop as soon as it is called, and Node's client hands a request to its socket
 * a tick later; so one request is always kept ready on an open connection with nothing sent of it, and sending writes to the
 * socket at once.
 */
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { MAX_REPLY_BYTES, REQUEST_TIMEOUT_MS, replyOf, type Reply, type Transport } from "./transport.ts";

/** Idle collectors close connections; a ready request that died is replaced at once only while calls are this recent. */
const REWARM_WITHIN_MS = 60_000;

/** Failures of a connection that was open before. */
const LOST = new Set(["ECONNRESET", "EPIPE", "connection closed"]);

interface Ready {
  readonly request: http.ClientRequest;
  dead: boolean;
}

export class HttpTransport implements Transport {
  readonly #url: URL;
  readonly #token: string;
  readonly #agent: http.Agent;
  readonly #sockets = new Set<Socket>();
  #ready: Ready | null = null;
  #lastSendMs = 0;
  #held = false;
  #closed = false;

  constructor(url: URL, token: string, maxSockets: number) {
    this.#url = url;
    this.#token = token;
    const options = { keepAlive: true, maxSockets: maxSockets + 1, maxFreeSockets: maxSockets + 1, scheduling: "lifo" as const };
    this.#agent = url.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
    this.#warm();
  }

  send(body: string): Promise<Reply> {
    this.#lastSendMs = Date.now();
    const ready = this.#ready;
    this.#ready = null;
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      if (ready === null || ready.dead) return this.#exchange(this.#open(), bytes, resolve);
      // The collector may close an idle connection at the moment we use it. An attempt must not wait out a retry pause for
      // that; sending twice is harmless, since a record's id follows from its call.
      this.#exchange(ready.request, bytes, (reply) => {
        if (reply.kind === "retry" && ready.request.reusedSocket && LOST.has(reply.reason) && !this.#closed) this.#exchange(this.#open(), bytes, resolve);
        else resolve(reply);
      });
    });
  }

  hold(keepAlive: boolean): void {
    this.#held = keepAlive;
    for (const socket of this.#sockets) this.#apply(socket);
  }

  close(): void {
    this.#closed = true;
    this.#ready?.request.destroy();
    this.#ready = null;
    this.#agent.destroy();
  }

  #apply(socket: Socket): void {
    if (this.#held) socket.ref();
    else socket.unref();
  }

  #open(): http.ClientRequest {
    const client = this.#url.protocol === "https:" ? https : http;
    const request = client.request(this.#url, {
      method: "POST",
      agent: this.#agent,
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#token}` },
    });
    request.once("socket", (socket) => {
      if (!this.#sockets.has(socket)) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.once("close", () => this.#sockets.delete(socket));
      }
      // The agent refs a socket whenever it hands it out.
      this.#apply(socket);
    });
    return request;
  }

  /** Makes the next request ready. Its failure is no loss: nothing was sent. */
  #warm(): void {
    if (this.#closed || this.#ready !== null) return;
    const ready: Ready = { request: this.#open(), dead: false };
    const died = (): void => {
      ready.dead = true;
      if (this.#ready !== ready) return;
      this.#ready = null;
      if (Date.now() - this.#lastSendMs < REWARM_WITHIN_MS && ready.request.reusedSocket) setImmediate(() => this.#warm()).unref();
    };
    ready.request.on("error", died).once("close", died);
    this.#ready = ready;
  }

  #exchange(request: http.ClientRequest, body: Buffer, resolve: (reply: Reply) => void): void {
    let settled = false;
    const settle = (reply: Reply): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve(reply);
      // The socket is free again a tick after the answer's end; the next request is made ready on it then.
      if (reply.kind === "accepted") setImmediate(() => this.#warm()).unref();
    };
    const fail = (reason: string): void => settle({ kind: "retry", reason, retryAfterMs: 0 });
    const timer = setTimeout(() => {
      fail("timeout");
      request.destroy();
    }, REQUEST_TIMEOUT_MS).unref();
    request.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? "connection failed"));
    request.once("close", () => fail("connection closed"));
    request.once("response", (response) => this.#read(response, settle, fail));
    request.setHeader("content-length", body.length);
    request.end(body);
  }

  #read(response: http.IncomingMessage, settle: (reply: Reply) => void, fail: (reason: string) => void): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_REPLY_BYTES) chunks.push(chunk);
      else response.destroy();
    });
    response.once("error", () => fail("connection closed"));
    response.once("end", () => {
      const retryAfter = response.headers["retry-after"] ?? null;
      settle(replyOf(response.statusCode ?? 0, retryAfter, Buffer.concat(chunks).toString(), Date.now()));
    });
  }
}
