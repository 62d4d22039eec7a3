/**
 * The independent client, as a process: it holds the same token, asks a harmless question every two milliseconds over kept-open
 * connections, and notes when the first refusal reached it. It knows nothing of Tripline.
 */
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";
import { monotonicUs } from "./peer.ts";

export interface ObserverTask {
  readonly url: string;
  readonly secret: string;
  /** Given up after this, without a refusal. */
  readonly boundMs: number;
}

export type ObserverAnswer =
  | { readonly kind: "watching" }
  | { readonly kind: "refused"; readonly refusedUs: number; readonly asked: number }
  | { readonly kind: "never-refused"; readonly asked: number };

const EVERY_MS = 2;
/** Questions in flight; beyond it a turn is left out rather than queued. */
const IN_FLIGHT = 8;
const QUESTION = JSON.stringify({ query: "{ apiToken { workspaces { id } } }" });
const connections = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });

function ask({ url, secret }: ObserverTask): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${secret}`, "content-length": QUESTION.length };
    const out = request(url, { method: "POST", headers, agent: connections }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).once("end", () => resolve(text));
    });
    out.once("error", reject).end(QUESTION);
  });
}

function watch(task: ObserverTask, started: () => void): Promise<ObserverAnswer> {
  return new Promise((resolve) => {
    let asked = 0;
    let open = 0;
    let answered = 0;
    const end = (answer: ObserverAnswer): void => {
      clearInterval(turns);
      clearTimeout(bound);
      resolve(answer);
    };
    const turn = (): void => {
      if (open >= IN_FLIGHT) return;
      open += 1;
      asked += 1;
      ask(task).then(
        (text) => {
          open -= 1;
          if (text.includes("Not Authorized")) end({ kind: "refused", refusedUs: monotonicUs(), asked });
          else if (++answered === IN_FLIGHT) started();
        },
        () => (open -= 1),
      );
    };
    const turns = setInterval(turn, EVERY_MS);
    const bound = setTimeout(() => end({ kind: "never-refused", asked }), task.boundMs);
  });
}

const say = (answer: ObserverAnswer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  say(await watch(JSON.parse(line) as ObserverTask, () => say({ kind: "watching" })));
}
