/** Clients that cost little themselves: what they measure is the other side. One request at a time. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { GATE_TOKEN } from "../../gate-world.ts";

export interface Client {
  /** Rejects where the answer is not what it must be. */
  ask(body: unknown): Promise<void>;
  close(): void;
}

export function httpClient(url: string, isAnswer: (text: string) => boolean): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: (body) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body);
        const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), authorization: `Bearer ${GATE_TOKEN}` };
        const asked = request(`${url}/v1/decisions`, { method: "POST", agent, headers }, (response) => {
          let answer = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
          response.on("end", () => (response.statusCode === 200 && isAnswer(answer) ? resolve() : reject(new Error(`${response.statusCode}: ${answer}`))));
        });
        asked.on("error", reject);
        asked.end(text);
      }),
    close: () => agent.destroy(),
  };
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
    ask: async (call) => {
      const answer = await send({ id: (id += 1), call });
      if (!isAnswer(answer)) throw new Error(answer);
    },
    close: () => socket.destroy(),
  };
}
