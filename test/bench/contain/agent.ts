/**
 * The agent, as a process: its tool is wrapped by Tripline's SDK and truly calls the provider. For each line it does some reading
 * first, as an agent does, and then sends one destructive call; it answers with the moment before that call.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createTripline } from "@tripline/sdk";
import { monotonicUs } from "./peer.ts";

export interface AgentTask {
  readonly agent: string;
  readonly endpoint: string;
  readonly ingestToken: string;
  readonly railwayUrl: string;
  readonly secret: string;
  readonly volumeId: string;
}

export interface AgentAnswer {
  readonly sentUs: number;
  readonly sentEpochMs: number;
}

/** Reads before the destructive call: the SDK's connection is open and its code has run, as after an agent's first minute. */
const READS = 12;
const READ_PAUSE_MS = 10;
const TIMEOUT_MS = 5_000;

interface Call {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: string;
  readonly variables: Readonly<Record<string, string>>;
}

async function graphql({ url, headers, document, variables }: Call): Promise<string> {
  const body = JSON.stringify({ query: document, variables });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.text();
}

async function work(task: AgentTask): Promise<AgentAnswer> {
  const tripline = createTripline({ endpoint: task.endpoint, ingestToken: task.ingestToken, agent: { name: task.agent }, environment: "staging" });
  const request = tripline.wrapTool("graphql_request", graphql, {
    describe: ({ url, document, variables }) => ({
      request: { kind: "graphql", url, document, operationName: null, variables: JSON.stringify(variables) },
      credentials: [task.secret],
    }),
  });
  const list = tripline.wrapTool("list_files", (path: string) => `${path}: 3 files`);
  for (let read = 0; read < READS; read += 1) {
    list("src");
    await sleep(READ_PAUSE_MS);
  }
  const headers = { authorization: `Bearer ${task.secret}` };
  const document = "mutation ($volumeId: String!) { volumeDelete(volumeId: $volumeId) }";
  const sent = { sentUs: monotonicUs(), sentEpochMs: performance.timeOrigin + performance.now() };
  await request({ url: task.railwayUrl, headers, document, variables: { volumeId: task.volumeId } }).catch(() => undefined);
  await tripline.shutdown(TIMEOUT_MS);
  return sent;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await work(JSON.parse(line) as AgentTask))}\n`);
}
