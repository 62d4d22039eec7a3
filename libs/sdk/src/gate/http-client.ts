/** Asks the gate over HTTP, on connections that are kept. */
import * as http from "node:http";
import * as https from "node:https";
import { away, decisionOf, errorCodeOf, type GateAnswer, type GateClient, MAX_ANSWER_BYTES, noDecision, parsed, unusable } from "./answer.ts";

const MAX_SOCKETS = 64;
/** Failures of a connection that was open before: the gate closed it while it was idle. */
const LOST = new Set(["ECONNRESET", "EPIPE"]);

export function createHttpClient(url: URL, token: string): GateClient {
  const client = url.protocol === "https:" ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: "lifo" });
  const once = (body: Buffer, callId: unknown, timeoutMs: number): Promise<GateAnswer | "lost"> =>
    new Promise((resolve) => {
      const request = client.request(url, { method: "POST", agent, headers: { "content-type": "application/json", "content-length": body.length, authorization: `Bearer ${token}` } });
      const timer = setTimeout(() => {
        resolve(away("timeout"));
        request.destroy();
      }, timeoutMs);
      request.on("error", (error: NodeJS.ErrnoException) => resolve(request.reusedSocket && LOST.has(error.code ?? "") ? "lost" : away(error.code ?? "connection failed")));
      request.once("close", () => {
        clearTimeout(timer);
        resolve(away("connection closed"));
      });
      request.once("response", (response) => read(response, (text) => resolve(text === null ? away("the answer is too long") : answerOf(response.statusCode ?? 0, text, callId))));
      request.end(body);
    });
  return {
    ask: async (question, timeoutMs) => {
      const body = Buffer.from(JSON.stringify(question));
      const first = await once(body, question["callId"], timeoutMs);
      if (first !== "lost") return first;
      // To ask twice is harmless, but for an approval: the lost answer may have used it up.
      if (question["approvalId"] !== undefined) return away("connection lost");
      const second = await once(body, question["callId"], timeoutMs);
      return second === "lost" ? away("connection lost") : second;
    },
    close: () => agent.destroy(),
  };
}

function read(response: http.IncomingMessage, done: (text: string | null) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      done(null);
      response.destroy();
    } else chunks.push(chunk);
  });
  response.on("error", () => undefined);
  response.once("end", () => done(Buffer.concat(chunks).toString("utf8")));
}

function answerOf(status: number, text: string, callId: unknown): GateAnswer {
  const body = parsed(text);
  if (status === 200) return decisionOf(body, callId);
  const code = errorCodeOf(body);
  if (status >= 500) return away(code || `status ${status}`);
  return code === "" ? unusable(`status ${status}`) : noDecision(code);
}
