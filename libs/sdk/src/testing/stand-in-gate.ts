/** A gate for tests that answers as told, over HTTP and over a unix socket, and keeps what it was asked. */
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Told {
  status?: number;
  body?: unknown;
  /** No answer at all. */
  silent?: boolean;
  hangUp?: boolean;
  delayMs?: number;
}

type Asked = Record<string, unknown> & { callId: string };

export interface StandInGate {
  readonly url: string;
  readonly socketPath: string;
  readonly asked: Asked[];
  /** Answers for the next questions, in order; afterwards `allow`. */
  readonly answers: (Told | ((asked: Asked) => Told))[];
  close(): Promise<void>;
}

export const TOKEN = "lease-token-0123456789";
export const decision = (kind: string, over: object = {}) => (asked: Asked): Told => ({
  body: { decision: kind, callId: asked.callId, rule: `rule.${kind}`, reasons: ["Because."], saferAlternative: null, approval: kind === "hold" ? { id: "ap-1", link: "http://x/ap-1", expiresAtMs: 9 } : null, ...over },
});

export async function startStandInGate(): Promise<StandInGate> {
  const asked: Asked[] = [];
  const answers: StandInGate["answers"] = [];
  const told = (question: Asked): Told => {
    asked.push(question);
    const next = answers.shift() ?? decision("allow");
    return typeof next === "function" ? next(question) : next;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const isKnown = request.headers.authorization === `Bearer ${TOKEN}` && request.url === "/v1/decisions";
      const { status = 200, body, silent, hangUp, delayMs = 0 } = isKnown ? told(JSON.parse(Buffer.concat(chunks).toString()) as Asked) : { status: 401, body: { error: { code: "TL_GATE_UNAUTHENTICATED" } } } as Told;
      if (silent === true) return;
      if (hangUp === true) return void request.socket.destroy();
      setTimeout(() => {
        response.statusCode = status;
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      }, delayMs);
    });
  });
  const sockets = createSocketServer((socket) => serveFrames(socket, told));
  const socketPath = join(mkdtempSync(join(tmpdir(), "stand-in-gate-")), "s");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => sockets.listen(socketPath, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    socketPath, asked, answers,
    close: async () => {
      server.closeAllConnections();
      sockets.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serveFrames(socket: Socket, told: (asked: Asked) => Told): void {
  let held = Buffer.alloc(0);
  let isKnown = false;
  socket.on("error", () => undefined);
  socket.unref();
  const send = (body: unknown): void => {
    const text = Buffer.from(JSON.stringify(body));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    // In two pieces: a client must not take a chunk for a frame.
    socket.write(Buffer.concat([length, text.subarray(0, 3)]));
    socket.write(text.subarray(3));
  };
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0);
      const frame = JSON.parse(held.toString("utf8", 4, end)) as { token?: string; id?: number; call?: Asked };
      held = held.subarray(end);
      if (!isKnown) {
        isKnown = frame.token === TOKEN;
        send(isKnown ? { ready: true } : { error: { code: "TL_GATE_UNAUTHENTICATED" } });
        if (!isKnown) socket.end();
        continue;
      }
      const { status = 200, body, silent, hangUp, delayMs = 0 } = told(frame.call!);
      if (hangUp === true) socket.destroy();
      else if (silent !== true) setTimeout(() => send(status === 200 ? { id: frame.id, answer: body } : { id: frame.id, ...(body as object) }), delayMs);
    }
  });
}
