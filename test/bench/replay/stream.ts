/** A stream as coding agents make it: most calls read or edit files, and of the commands many were run before. */
import type { Action, AgentRegistration } from "@tripline/model";
import { type Call, ordinaryCall } from "../../quality/generator/calls.ts";
import { Random } from "../../quality/random.ts";

/** Shares measured on recorded coding agents in one time-ordered pass: tools known by name, and commands whose text came before. */
const KNOWN_TOOLS = 0.68;
const REPEATED = 0.43;
/** Commands of an agent that it may run again. */
const REMEMBERED = 64;
const TENANT = "bench";

export interface Worker {
  readonly registration: AgentRegistration;
  /** The agent's next action, reported at `eventMs`. */
  readonly next: (eventMs: number) => Action;
}

export function worker(index: number, seed: number): Worker {
  const random = new Random(seed * 100_003 + index);
  const id = `agent-${index}`;
  const recent: Call[] = [];
  let calls = 0;
  const call = (): Call => {
    if (random.chance(KNOWN_TOOLS)) return { tool: random.chance(0.6) ? "read_file" : "edit_file", request: null, inputs: JSON.stringify({ path: `src/part${random.below(40)}/file${random.below(40)}.ts` }) };
    if (recent.length > 0 && random.chance(REPEATED)) return random.pick(recent);
    let made = ordinaryCall("coding", random);
    while (made.request === null) made = ordinaryCall("coding", random);
    if (recent.push(made) > REMEMBERED) recent.shift();
    return made;
  };
  return {
    registration: { v: 1, version: 1, tenant: TENANT, agent: id, role: "coder", owner: "bench", environment: "staging", status: "active", atMs: 0 },
    next: (eventMs) => {
      const { tool, request, inputs } = call();
      calls += 1;
      const name = `${id}.${calls}`;
      return {
        v: 1, id: name, callId: name, tenant: TENANT, agent: { id, name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
        session: `${id}.${Math.floor(calls / 50)}`, parentSession: null, task: null, phase: "result", eventMs, tool, operation: null, request,
        inputs: inputs === null ? null : { text: inputs, fullBytes: inputs.length, truncated: false, digest: "0".repeat(64) }, outputs: null, provenance: {}, resource: null, credentials: [],
        environment: "staging", outcome: { status: "ok", errorType: null }, decision: null, reasoning: null, source: { dialect: "gen-ai", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
      };
    },
  };
}
