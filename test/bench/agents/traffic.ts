/** The agents of the benchmark and what they do: ordinary work, and now and then what a baseline is there for. Everything follows from the seed. */
import { type Action, type AgentRegistration, agentKey } from "@tripline/model";
import { between, pick, type Random } from "../../faults/random.ts";

export const TENANT = "bench";
const ENVIRONMENTS = ["staging", "development", "production"] as const;
const ROLES = 40;
const OWNERS = 200;
/** One in so many destroys something that can be made again; one in so many leaves a trace that no agent may. */
const DESTRUCTIVE_EVERY = 50;
const WRONG_EVERY = 2_000;
const FILES = 64;
const TABLES = 24;

export const agentId = (index: number): string => `agent-${String(index).padStart(7, "0")}`;
export const keyOf = (index: number): string => agentKey(TENANT, agentId(index));

/** Registered at `atMs`; one agent in three has no role. */
export function registrationOf(index: number, atMs: number): AgentRegistration {
  return {
    v: 1, version: 1, tenant: TENANT, agent: agentId(index), role: index % 3 === 0 ? null : `role-${index % ROLES}`,
    owner: `team-${index % OWNERS}`, environment: ENVIRONMENTS[index % ENVIRONMENTS.length]!, status: "active", atMs,
  };
}

/** The agent's action number `number`, which is at its end already, as spans report it. */
export function actionOf(index: number, number: number, atMs: number, random: Random): Action {
  const span = `${index.toString(16).padStart(8, "0")}${number.toString(16).padStart(8, "0")}`;
  const trace = span.padStart(32, "0");
  const environment = ENVIRONMENTS[index % ENVIRONMENTS.length]!;
  return {
    v: 1, id: `${trace}:${span}:result`, callId: `${trace}:${span}`, tenant: TENANT,
    agent: { id: agentId(index), name: null, version: "1.4.2", role: null, runtime: "bench" },
    assurance: "channel", claimedAgent: null, session: `session-${index}`, parentSession: null, task: null, phase: "result", eventMs: atMs,
    ...work(random, environment),
    inputs: null, outputs: null, provenance: {}, credentials: [], environment, outcome: { status: "ok", errorType: null }, decision: null, reasoning: null,
    source: { dialect: "bench", signal: "trace", traceId: trace, spanId: span, parentSpanId: null },
  };
}

/** Many different commands, so that no reader can remember their classification. */
function work(random: Random, environment: string): Pick<Action, "tool" | "operation" | "request" | "resource"> {
  const shell = (command: string) => ({ tool: "run_shell", operation: null, request: { kind: "shell" as const, command }, resource: null });
  const file = `src/module-${between(random, 1, FILES)}/part-${between(random, 1, FILES)}.ts`;
  if (between(random, 1, WRONG_EVERY) === 1) return shell("kubectl delete namespace orders");
  if (between(random, 1, DESTRUCTIVE_EVERY) === 1) return shell(`rm -rf ${file}`);
  const table = `orders_${between(random, 1, TABLES)}`;
  switch (between(random, 0, 3)) {
    case 0:
      return { tool: "query", operation: null, request: { kind: "sql", system: "postgresql", text: `select id, total from ${table} where id > ${between(random, 1, 1_000)} limit 20` }, resource: { kind: "table", id: table, environment } };
    case 1:
      return { tool: "edit_file", operation: null, request: null, resource: { kind: "file", id: file, environment } };
    default:
      return shell(`${pick(random, ["cat", "wc -l", "git diff --", "grep -n export"])} ${file}`);
  }
}
