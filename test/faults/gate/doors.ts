/** Connections that stay open on a door of the gate, each at work, until they are refused or cut. */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, keptConnection, type KeptConnection, requestText } from "./kept-connection.ts";

export const DOORS = ["decideHttp", "decideSocket", "reverse", "forward", "approvals"] as const;
export type Door = (typeof DOORS)[number];

export interface Doors {
  readonly gateUrl: string;
  readonly socketPath: string;
  readonly forwardUrl: string;
  /** What agents trust of the forward proxy: its authority, PEM. */
  readonly authority: string;
  /** Names an upstream of the reverse door. */
  readonly upstream: string;
  /** An upstream over TLS, as agents know it. */
  readonly secureUrl: string;
}

export interface Open {
  readonly door: Door;
  /** It was served: the answers before count for nothing else. */
  served: boolean;
  /** As `performance.now`: when it was refused or cut; null while it goes on. */
  endedMs: number | null;
  /** How it ended. */
  how: string;
  /** When the last answer that let something pass, or part of an answer, came. */
  lastPassedMs: number;
  close(): void;
}

/** Between an answer and the next request of a connection: hundreds of them are to be open, not to measure throughput. */
const CALM_MS = 1_000;
const HURRIED_MS = 50;
/** Those that were pausing go on within this, not all at the same moment. */
const SPREAD_MS = 100;

/** How often connections ask: seldom until their agent is tripped, and then at once, and again and again where they are still served. */
export class Tempo {
  readonly #waiting = new Set<() => void>();
  #pauseMs = CALM_MS;

  pause(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, this.#pauseMs);
      this.#waiting.add(go);
    });
  }

  hurry(): void {
    this.#pauseMs = HURRIED_MS;
    const waiting = [...this.#waiting];
    for (const [at, go] of waiting.entries()) setTimeout(go, (at / waiting.length) * SPREAD_MS);
  }
}

const READ = { tool: "query", request: { kind: "sql", system: "postgresql", text: "select 1" } } as const;

export interface Asking {
  readonly doors: Doors;
  readonly token: string;
  /** One of the agent's own. */
  readonly approvalId: string;
  /** Not all of them at the same moment. */
  readonly delayMs: number;
  readonly tempo: Tempo;
}

export function openOn(door: Door, asking: Asking): Open {
  const open: Open = { door, served: false, endedMs: null, how: "", lastPassedMs: 0, close: () => undefined };
  const end = (how: string): void => {
    if (open.endedMs !== null) return;
    open.endedMs = performance.now();
    open.how = how;
    open.close();
  };
  const passed = (): void => {
    open.served = true;
    open.lastPassedMs = performance.now();
  };
  OPENERS[door](open, asking, { end, passed });
  return open;
}

interface Told {
  end(how: string): void;
  passed(): void;
}

const OPENERS: Readonly<Record<Door, (open: Open, asking: Asking, told: Told) => void>> = { decideHttp, decideSocket, reverse, forward, approvals };

function decideHttp(open: Open, { doors, token, delayMs, tempo }: Asking, told: Told): void {
  const asked = requestText("POST", `${doors.gateUrl}/v1/decisions`, { authorization: `Bearer ${token}`, "content-type": "application/json" }, JSON.stringify(READ));
  askAgain(open, told, { delayMs, tempo }, keptConnection(doors.gateUrl), asked, ({ status, text }) => status === 200 && text.startsWith('{"decision":"allow"'));
}

function approvals(open: Open, { doors, token, approvalId, delayMs, tempo }: Asking, told: Told): void {
  const asked = requestText("GET", `${doors.gateUrl}/v1/approvals/${approvalId}`, { authorization: `Bearer ${token}` });
  askAgain(open, told, { delayMs, tempo }, keptConnection(doors.gateUrl), asked, ({ status }) => status === 200);
}

/** One kept connection; ends with the first answer that is not wanted. */
function askAgain(open: Open, told: Told, { delayMs, tempo }: Pick<Asking, "delayMs" | "tempo">, connection: KeptConnection, asked: string, isPassed: (answer: Answer) => boolean): void {
  open.close = () => connection.close();
  void (async () => {
    await sleep(delayMs);
    while (open.endedMs === null) {
      const answer = await connection.ask(asked).catch((error: unknown): Answer => ({ status: 0, text: String(error) }));
      if (!isPassed(answer)) return told.end(`${answer.status} ${answer.text.slice(0, 200)}`);
      told.passed();
      await tempo.pause();
    }
  })();
}

/** Frames are small and come whole on a socket of this machine; one that did not would end the connection here. */
function decideSocket(open: Open, { doors, token, delayMs, tempo }: Asking, told: Told): void {
  const socket = connect(doors.socketPath);
  open.close = () => socket.destroy();
  let id = 0;
  socket.once("close", () => told.end("closed")).on("error", (error) => told.end(error.message));
  socket.on("data", (chunk: Buffer) => {
    const text = chunk.toString("utf8", 4);
    if (text.startsWith('{"ready":true')) return void setTimeout(() => socket.write(frameOf({ id: (id += 1), call: READ })), delayMs);
    if (!text.includes('"decision":"allow"')) return told.end(text.slice(0, 200));
    told.passed();
    void tempo.pause().then(() => socket.writable && socket.write(frameOf({ id: (id += 1), call: READ })));
  });
  socket.write(frameOf({ token }));
}

function frameOf(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

function reverse(open: Open, { doors, token }: Asking, told: Told): void {
  const asked = request(`${doors.gateUrl}/u/${doors.upstream}/stream`, { agent: new Agent({ maxSockets: 1 }), headers: { authorization: `Bearer ${token}` } });
  open.close = () => asked.destroy();
  follow(asked, told);
}

function forward(open: Open, { doors, token }: Asking, told: Told): void {
  const { hostname, host } = new URL(doors.secureUrl);
  const proxied = request(doors.forwardUrl, { method: "CONNECT", path: host, agent: false, headers: { "proxy-authorization": `Bearer ${token}`, host } });
  open.close = () => proxied.destroy();
  proxied.once("error", (error) => told.end(error.message)).once("response", (response) => told.end(`CONNECT ${response.statusCode}`));
  proxied.once("connect", (response: IncomingMessage, socket: Socket) => {
    if (response.statusCode !== 200) return told.end(`CONNECT ${response.statusCode}`);
    open.close = () => socket.destroy();
    socket.once("close", () => told.end("closed")).on("error", (error) => told.end(error.message));
    const secure = connectTls({ socket, host: hostname, ca: doors.authority });
    secure.on("error", (error) => told.end(error.message));
    // The connection is what makes it secure.
    const asked = request(`http://${host}/stream`, { createConnection: () => secure });
    follow(asked, told);
  });
  proxied.end();
}

/** An answer that is streamed: every part of it passed. */
function follow(asked: ClientRequest, told: Told): void {
  asked.once("error", (error) => told.end(error.message));
  asked.once("response", (response) => {
    if (response.statusCode !== 200) told.end(`status ${response.statusCode}`);
    response.on("data", () => told.passed()).once("error", (error) => told.end(error.message)).once("close", () => told.end("closed"));
  });
  asked.end();
}
