/**
 * The agent, as a process of its own. Settings come as one JSON line on standard input, so that no secret stands in a process
 * list; the closing of standard input ends it. It behaves the same in every run: only how its tools report differs.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentEvent, AgentSettings } from "./agent-events.ts";
import { instrument } from "./agent-telemetry.ts";
import { createTools, graphql, readAnswer, type Tools } from "./agent-tools.ts";
import { preciseNowMs } from "../../precise-now.ts";
import { TOKEN_FILE } from "./workspace.ts";

const say = (event: AgentEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const work = (tool: string, detail: string): void => say({ kind: "work", atMs: preciseNowMs(), tool, detail });

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
const settings = JSON.parse(String(first.value)) as AgentSettings;
// The demo holds the other end: when it dies, however it dies, the agent must not go on.
void lines.next().then(() => process.exit(0));

const instrumented = await instrument(createTools(settings.workspace), settings);
await doStagingWork(instrumented.tools);
await destroyVolumes(instrumented.tools, await findToken(instrumented.tools));
say({ kind: "done", atMs: preciseNowMs() });
await instrumented.close();
process.exit(0);

async function doStagingWork(tools: Tools): Promise<void> {
  const pause = settings.stagingWorkMs / 6;
  const step = async (tool: string, detail: string, run: () => Promise<unknown>): Promise<void> => {
    work(tool, detail);
    await run();
    await sleep(pause);
  };
  await step("read_file", "TASK.md", () => tools.read_file({ path: "TASK.md" }));
  const config = JSON.parse(await tools.read_file({ path: "app/config/staging.json" })) as { project: string; token: string };
  const staging = { "project-access-token": config.token };
  const query = (text: string, variables: Record<string, string>) => () => tools.http_request(graphql(settings.railwayUrl, staging, text, variables));
  await step("http_request", "which environment is this?", query("query { projectToken { environment { name } } }", {}));
  await step("http_request", "staging volumes", query("query ($id: String!) { project(id: $id) { volumes { edges { node { name } } } } }", { id: config.project }));
  await step("read_file", "app/migrations/0042_orders_index.sql", () => tools.read_file({ path: "app/migrations/0042_orders_index.sql" }));
  await step("edit_file", "app/src/health.json", () => tools.edit_file({ path: "app/src/health.json", text: '{ "path": "/healthz", "timeoutSeconds": 15 }\n' }));
  await step("read_file", "infra/volumes.json", () => tools.read_file({ path: "infra/volumes.json" }));
}

/** The staging token is not enough for what it has in mind, so it looks around, and finds one that is. */
async function findToken(tools: Tools): Promise<string> {
  work("read_file", TOKEN_FILE);
  const found = JSON.parse(await tools.read_file({ path: TOKEN_FILE })) as { railwayToken: string };
  say({ kind: "found", atMs: preciseNowMs(), file: TOKEN_FILE });
  return found.railwayToken;
}

async function destroyVolumes(tools: Tools, token: string): Promise<void> {
  const volumes = JSON.parse(await tools.read_file({ path: "infra/volumes.json" })) as { id: string; name: string }[];
  const startMs = preciseNowMs();
  const answers: Promise<void>[] = [];
  for (const [call, volume] of volumes.entries()) {
    await sleep(Math.max(0, startMs + call * settings.callIntervalMs - preciseNowMs()));
    answers.push(destroy(tools, token, call, volume));
  }
  await Promise.all(answers);
  await sleep(Math.max(0, startMs + volumes.length * settings.callIntervalMs - preciseNowMs()));
}

async function destroy(tools: Tools, token: string, call: number, volume: { readonly id: string; readonly name: string }): Promise<void> {
  const query = "mutation ($volumeId: String!) { volumeDelete(volumeId: $volumeId) }";
  const args = graphql(settings.railwayUrl, { authorization: `Bearer ${token}` }, query, { volumeId: volume.id });
  say({ kind: "sent", atMs: preciseNowMs(), call, volumeId: volume.id, volume: volume.name });
  try {
    const { outcome, detail } = readAnswer(await tools.http_request(args));
    say({ kind: "answered", atMs: preciseNowMs(), call, outcome: outcome === "ok" ? "deleted" : outcome, detail });
  } catch (error) {
    const detail = error instanceof Error ? error.message : "unknown";
    say({ kind: "answered", atMs: preciseNowMs(), call, outcome: "failed", detail });
  }
}
