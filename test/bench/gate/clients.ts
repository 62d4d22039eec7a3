/** Clients that cost little themselves: what they measure is the other side. One request at a time. */
import { once } from "node:events";
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { GATE_TOKEN } from "../../gate-world.ts";
import { askedAt, pathAt } from "./mix.ts";

export interface Client {
  /** The call of this number. Rejects where the answer is not what it must be. */
  ask(index: number): Promise<void>;
  close(): void;
}

/** Asks for a decision. */
export function decideClient(url: string, isAnswer: (text: string) => boolean): Client {
  const send = sender();
  return {
    ask: async (index) => {
      const text = JSON.stringify(askedAt(index));
      const { status, answer } = await send(`${url}/v1/decisions`, "POST", { "content-type": "application/json", "content-length": Buffer.byteLength(text), authorization: `Bearer ${GATE_TOKEN}` }, text);
      if (status !== 200 || !isAnswer(answer)) throw new Error(`${status}: ${answer}`);
    },
    close: () => send.close(),
  };
}

/** Reads from the upstream behind a proxy; `url` with what comes before its paths. */
export function readClient(url: string): Client {
  const send = sender();
  return {
    ask: async (index) => {
      const { status, answer } = await send(`${url}${pathAt(index)}`, "GET", { accept: "application/json", "user-agent": "orders-client/1.0", authorization: `Bearer ${GATE_TOKEN}` }, null);
      if (status !== 200 || !answer.startsWith('{"id":')) throw new Error(`${status}: ${answer}`);
    },
    close: () => send.close(),
  };
}

interface Send {
  (url: string, method: string, headers: OutgoingHttpHeaders, body: string | null): Promise<{ readonly status: number; readonly answer: string }>;
  close(): void;
}

/** One connection, kept alive. */
function sender(): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (url: string, method: string, headers: OutgoingHttpHeaders, body: string | null) =>
    new Promise<{ readonly status: number; readonly answer: string }>((resolve, reject) => {
      const asked = request(url, { method, agent, headers }, (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, answer }));
      });
      asked.on("error", reject);
      asked.end(body ?? undefined);
    });
  return Object.assign(send, { close: () => agent.destroy() });
}

export async function socketClient(path: string, isAnswer: (text: string) => boolean): Promise<Client> {
  const socket = connect(path);
  await once(socket, "connect");
  let held: Buffer = Buffer.alloc(0);
  let taken: (text: string) => void = () => undefined;
  socket.on("data", (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < 4 || held.length < 4 + held.readUInt32BE(0)) return;
    const text = held.toString("utf8", 4);
    held = Buffer.alloc(0);
    taken(text);
  });
  const send = (body: unknown): Promise<string> =>
    new Promise((resolve) => {
      taken = resolve;
      const text = JSON.stringify(body);
      const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
      frame.writeUInt32BE(frame.length - 4);
      frame.write(text, 4);
      socket.write(frame);
    });
  await send({ token: GATE_TOKEN });
  let id = 0;
  return {
    ask: async (index) => {
      const answer = await send({ id: (id += 1), call: askedAt(index) });
      if (!isAnswer(answer)) throw new Error(answer);
    },
    close: () => socket.destroy(),
  };
}
