/** A line of OTLP in JSON, through the collector's own steps. */
import { createIntake } from "@tripline/collector";
import { type Action, isId } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import type { RecordedAction, Unreadable } from "./recorded.ts";

export type OtlpReader = (line: string, signal: "trace" | "log") => Promise<readonly RecordedAction[]>;

/** Files do not say over which channel they came: whoever replays one vouches for the names in it. */
const NOBODY = "unnamed";

/** `agent`: whose telemetry it is; null: whoever each item names, and what names nobody is a claim, which is counted and not judged. */
export function createOtlpReader(tenant: string, agent: string | null, unreadable: Unreadable): OtlpReader {
  const caller = agent === null ? ({ tenant, kind: "relay", agent: NOBODY, agents: [] } as const) : ({ tenant, kind: "agent", agent, agents: [] } as const);
  const take = createIntake({ metrics: createMetrics(), tenantKey: () => new Uint8Array(32), knownSecret: () => false, clock: () => 0 });
  return async (line, signal) => {
    const { actions, rejected } = await take(signal, Buffer.from(line), caller);
    for (const reason of rejected) unreadable.add("otlp", reason);
    return actions.map((action) => ({ kind: "action", action: vouchedFor(action), receiveMs: action.eventMs }));
  };
}

/** Fingerprints are made with the deployment's key, which a file does not have: by another they would all look like a stranger's. */
function vouchedFor(action: Action): Action {
  const credentials = action.credentials.filter(({ fingerprint }) => fingerprint === null);
  const { claimedAgent } = action;
  if (action.assurance !== "claimed" || claimedAgent === null || !isId(claimedAgent)) return { ...action, credentials };
  return { ...action, credentials, assurance: "relay", agent: { ...action.agent, id: claimedAgent }, claimedAgent: null };
}
