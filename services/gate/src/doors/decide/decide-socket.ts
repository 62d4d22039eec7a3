/**
 * The decide API on a unix socket, for runtimes on the same machine: one connection, many requests at a time.
 *
 *   → {"token":"…"}                        first; anything else ends the connection
 *   ← {"ready":true}
 *   → {"id":1,"call":{…}}                  a decision request of the OpenAPI document
 *   ← {"id":1,"answer":{…}}  or  {"id":1,"error":{…}}     in the order in which they are decided
 */
import { TriplineError } from "@tripline/model";
import { chmod, lstat, unlink } from "node:fs/promises";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import { answerBody } from "../../answer.ts";
import type { DecideCall } from "../../decide-call.ts";
import type { Authenticate } from "../../identity.ts";
import type { GateLimits } from "../../limits.ts";
import type { LookThrough } from "../../look-through.ts";
import { errorBody } from "./error-body.ts";
import { frameOf, frameReader } from "./frames.ts";
import { parseJson, readCall } from "./read-call.ts";

export interface DecideSocketDeps {
  readonly authenticate: Authenticate;
  readonly decideCall: DecideCall;
  readonly lookThrough: LookThrough;
  readonly limits: GateLimits;
}

export interface DecideSocket {
  /** @throws TL_CONFIG_ADDRESS where something else is at the path, or answers there */
  listen(path: string): Promise<void>;
  close(): Promise<void>;
}

const OWNER_ONLY = 0o600;
const NOT_FOR_OTHERS = 0o177;

export function createDecideSocket(deps: DecideSocketDeps): DecideSocket {
  const connections = new Set<Socket>();
  const load = { inFlight: 0 };
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    serve(socket, load, deps);
  });
  server.maxConnections = deps.limits.connections;
  return {
    listen: (path) => listenAt(server, path),
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

async function listenAt(server: Server, path: string): Promise<void> {
  await removeDead(path);
  const listening = once(server, "listening");
  // Bound within this call: there is no moment at which others could connect. A worker cannot set the mask; the mode follows below.
  const mask = isMainThread ? process.umask(NOT_FOR_OTHERS) : null;
  server.listen(path);
  if (mask !== null) process.umask(mask);
  await listening;
  await chmod(path, OWNER_ONLY);
}

/** A socket that a gate left behind when it was killed is in the way; a living one, or anything else, is not ours to remove. */
async function removeDead(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new TriplineError("TL_CONFIG_ADDRESS", "At /gate/socket: something that is no socket is there.");
  const probe = connect(path);
  const lives = await Promise.race([once(probe, "connect").then(() => true), once(probe, "error").then(() => false)]).catch(() => false);
  probe.destroy();
  if (lives) throw new TriplineError("TL_CONFIG_ADDRESS", "At /gate/socket: another process listens there.");
  await unlink(path);
}

function serve(socket: Socket, load: { inFlight: number }, deps: DecideSocketDeps): void {
  const { limits } = deps;
  const take = frameReader(limits.bodyBytes);
  const connection = new Connection(socket, load, deps);
  socket.setTimeout(limits.headersTimeoutMs, () => connection.isIdle() && socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    const frames = take(chunk);
    if (frames === null) return connection.end(new TriplineError("TL_GATE_INVALID", `A frame is longer than ${limits.bodyBytes} bytes.`));
    connection.readAll(frames);
  });
}

class Connection {
  readonly #socket: Socket;
  readonly #load: { inFlight: number };
  readonly #deps: DecideSocketDeps;
  #token: string | null = null;
  #pending = 0;
  #waiting: Buffer[] = [];
  #ended = false;

  constructor(socket: Socket, load: { inFlight: number }, deps: DecideSocketDeps) {
    this.#socket = socket;
    this.#load = load;
    this.#deps = deps;
    socket.on("drain", () => this.#next());
  }

  isIdle(): boolean {
    return this.#pending === 0;
  }

  /** All that one chunk held: their answers leave in one write. */
  readAll(frames: readonly Buffer[]): void {
    if (frames.length === 1) return this.#read(frames[0]!);
    this.#socket.cork();
    for (const frame of frames) this.#read(frame);
    this.#socket.uncork();
  }

  #read(frame: Buffer): void {
    if (this.#ended) return;
    if (this.#token === null) return this.#authenticate(frame);
    if (this.#waiting.length === 0 && this.#isFree()) return this.#decide(frame);
    // Bounded by what had been read before the pause took effect.
    this.#waiting.push(frame);
    this.#socket.pause();
  }

  /** Answers that nobody takes are not piled up either. */
  #isFree(): boolean {
    return this.#pending < this.#deps.limits.socketPipelined && !this.#socket.writableNeedDrain;
  }

  #decide(frame: Buffer): void {
    this.#pending += 1;
    this.#load.inFlight += 1;
    const reply = this.#answer(frame);
    if (!(reply instanceof Promise)) return this.#reply(reply);
    void reply.then((later) => {
      this.#reply(later);
      this.#next();
    });
  }

  #reply(reply: unknown): void {
    this.#pending -= 1;
    this.#load.inFlight -= 1;
    if (!this.#ended) this.#socket.write(frameOf(reply));
  }

  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end(frameOf(errorBody(error).body));
    this.#socket.destroySoon();
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#isFree() && !this.#ended) this.#decide(this.#waiting.shift()!);
    if (this.#waiting.length === 0 && this.#socket.isPaused() && !this.#socket.writableNeedDrain) this.#socket.resume();
  }

  #authenticate(frame: Buffer): void {
    const { authenticate, limits } = this.#deps;
    try {
      const first = parseJson(frame, limits.bodyDepth);
      const token: unknown = typeof first === "object" && first !== null && "token" in first ? first.token : null;
      if (typeof token !== "string" || authenticate(token) === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
      this.#token = token;
      this.#socket.setTimeout(limits.keepAliveMs);
      this.#socket.write(frameOf({ ready: true }));
    } catch (error) {
      this.end(error instanceof Error ? error : new TriplineError("TL_INTERNAL"));
    }
  }

  /** Never throws or rejects. At once where nothing is to be waited for. */
  #answer(frame: Buffer): unknown {
    const { authenticate, decideCall, lookThrough, limits } = this.#deps;
    let id: number | string | null = null;
    const failed = (error: unknown) => ({ id, ...errorBody(error instanceof Error ? error : new TriplineError("TL_INTERNAL")).body });
    try {
      const asked = parseJson(frame, limits.bodyDepth + 1);
      id = idOf(asked);
      if (this.#load.inFlight > limits.inFlight) throw new TriplineError("TL_GATE_OVERLOADED");
      if (id === null) throw new TriplineError("TL_GATE_INVALID", "A request has an id, a number or a text of at most 64 characters, and a call.");
      // Asked each time: the lease may have ended since.
      const caller = authenticate(this.#token);
      if (caller === null) throw new TriplineError("TL_GATE_UNAUTHENTICATED");
      const answer = decideCall(caller, readCall((asked as { call?: unknown }).call, (text) => lookThrough(caller.tenant, text)));
      return answer instanceof Promise ? answer.then((later) => ({ id, answer: answerBody(later) }), failed) : { id, answer: answerBody(answer) };
    } catch (error) {
      return failed(error);
    }
  }
}

const ID_CHARS = 64;

function idOf(asked: unknown): number | string | null {
  if (typeof asked !== "object" || asked === null || !("id" in asked)) return null;
  const { id } = asked;
  if (typeof id === "number") return id;
  return typeof id === "string" && id.length <= ID_CHARS ? id : null;
}
