/** The smallest HTTP client that this needs: keep-alive, a bound on time, and no opinion on what an answer means. */
import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Call {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Rejects when no whole answer came: refused, reset, late. Whether the request took effect is then unknown. */
export function http(call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const out = request(call.url, { method: call.method, headers: call.headers, agent, signal: AbortSignal.timeout(call.timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
      // A body that stops short is no answer.
      response.once("error", reject).once("aborted", () => reject(new Error("cut off")));
    });
    out.once("error", reject).end(call.body);
  });
}
