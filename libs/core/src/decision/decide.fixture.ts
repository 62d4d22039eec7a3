/** A tenant to decide in: `bot` works in staging, `ops-bot` in production, `drifter` nowhere that anybody knows. */
import { type Action, agentKey, type BreakerRecord, type CredentialRecord, type GatePolicy, type Grant, DEFAULT_GATE_POLICY } from "@tripline/model";
import { initialRecord } from "../breaker/breaker.ts";
import { verdictOf } from "../classify/compose.ts";
import type { Target, Verdict } from "../classify/verdict.ts";
import type { Observed } from "../detectors/detector.ts";
import { observe } from "../detectors/observe.ts";
import { DEFAULT_POLICY, Registry } from "../registry/registry.ts";
import { decide, type DecisionContext, type GateDecision } from "./decide.ts";

export const NOW_MS = 2_000;
export const OWN = "a".repeat(64);
export const FOREIGN_PRODUCTION = "b".repeat(64);
export const FOREIGN_STAGING = "c".repeat(64);

export const CREDENTIAL: CredentialRecord = {
  v: 1, version: 1, id: "own", tenant: "t", provider: "pg", providerRef: "r", kind: "role", fingerprint: OWN, principal: "bot_role", environment: "staging",
  reach: [], issuedTo: ["bot"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 0,
};

export const grant = (over: Partial<Grant>): Grant => ({
  v: 1, version: 3, id: "g", tenant: "t", agent: "bot", task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 0, ...over,
});

export function registryWith(grants: readonly Grant[] = [], policy: Partial<GatePolicy> = {}): Registry {
  const known = new Registry();
  const agent = { v: 1, version: 1, tenant: "t", role: "coder", owner: "ops", status: "active", atMs: 0 } as const;
  known.apply("agents", { ...agent, agent: "bot", environment: "staging" });
  known.apply("agents", { ...agent, agent: "ops-bot", environment: "production" });
  known.apply("agents", { ...agent, agent: "drifter", environment: "unknown" });
  known.apply("agents", { ...agent, agent: "retired", environment: "staging", status: "retired" });
  for (const one of grants) known.apply("grants", one);
  known.apply("credentials", CREDENTIAL);
  known.apply("credentials", { ...CREDENTIAL, id: "prod-token", fingerprint: FOREIGN_PRODUCTION, principal: null, environment: "production", issuedTo: ["ops-bot"] });
  known.apply("credentials", { ...CREDENTIAL, id: "staging-token", fingerprint: FOREIGN_STAGING, principal: null, issuedTo: [] });
  for (const [kind, id, environment] of [["volume", "prod-vol", "production"], ["volume", "staging-vol", "staging"], ["volume", "dev-vol", "development"], ["table", "staging-table", "staging"]] as const) {
    known.apply("resources", { v: 1, version: 1, tenant: "t", kind, id, environment, protection: "unknown", atMs: 0 });
  }
  known.apply("policies", { ...DEFAULT_POLICY, tenant: "t", gate: { ...DEFAULT_GATE_POLICY, ...policy }, atMs: 0 });
  return known;
}

export function action(over: Partial<Action> = {}): Action {
  return {
    v: 1, id: "x", callId: "x", tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "decision", eventMs: 1_000, tool: "tool", operation: null, request: null, inputs: null, outputs: null, provenance: {},
    resource: null, credentials: [], environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null }, ...over,
  };
}

export const by = (id: string): Pick<Action, "agent"> => ({ agent: { id, name: null, version: null, role: null, runtime: null } });
export const use = (fingerprint: string): Action["credentials"][number] => ({ fingerprint, principal: null, leaseId: null });
export const at = (kind: string, id: string, environment: string | null = null): Target => ({ kind, id, environment });

export const READ = verdictOf({ operation: "sql.select", effect: "read", reversibility: "reversible", reason: "Reads." }, "r");
export const WRITE = verdictOf({ operation: "sql.update", effect: "write", reversibility: "recoverable", reason: "Writes." }, "r");
export const DROP = verdictOf({ operation: "sql.drop-table", effect: "delete", reversibility: "irreversible", reason: "Drops.", safer: "Rename it first." }, "r");
export const DESTROY = verdictOf({ operation: "railway.volumeDelete", effect: "delete", reversibility: "irreversible", reason: "Deletes a volume." }, "r");
export const UNKNOWN = verdictOf({ operation: "tool.frobnicate", effect: "execute", reversibility: "unknown", reason: "Not known." }, "tool.unknown");
export const UNPROTECT = verdictOf({ operation: "railway.volumeUpdate", effect: "admin", reversibility: "recoverable", reason: "Takes a protection away." }, "protection.volume");
export const on = (verdict: Verdict, ...targets: Target[]): Verdict => ({ ...verdict, targets });

export interface Situation extends Partial<Omit<DecisionContext, "breaker">> {
  readonly breaker?: Partial<BreakerRecord>;
}

export function observedAs(verdicts: readonly Verdict[], over: Partial<Action>, registry: Registry): Observed {
  return { ...observe(action(over), NOW_MS, registry), classification: { verdicts, worst: verdicts[0]!, parse: "parsed" } };
}

export function decided(verdicts: readonly Verdict[], over: Partial<Action> = {}, situation: Situation = {}): GateDecision {
  const { registry = registryWith(), breaker, ...rest } = situation;
  const agent = over.agent?.id ?? "bot";
  return decide(observedAs(verdicts, over, registry), { registry, isCurrent: true, injected: null, ...rest, breaker: { ...initialRecord(agentKey("t", agent)), ...breaker } });
}
