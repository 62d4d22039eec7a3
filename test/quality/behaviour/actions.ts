/** Calls as the collector would have written them: an attempt before execution, a result after it, texts redacted and bounded. */
import { capture, cut, fingerprint, redact, sha256Hex } from "@tripline/canonical";
import { type Action, type CredentialUse, LIMITS } from "@tripline/model";
import type { Call, Session } from "./sessions.ts";

/** All agents of all data. */
export const TENANT = "quality";
const TENANT_KEY = new Uint8Array(32).fill(7);
/** Stands for outputs, of which data tells no more than the size. */
const NO_TEXT_DIGEST = sha256Hex("");
const CUT_MARK = /…\[\+\d+\]$/;

/** One call's records; times are set when it is replayed. */
export interface Recorded {
  readonly attempt: Action;
  readonly result: Action;
  readonly atMs: number | null;
}

export function recordsOf(session: Session): Recorded[] {
  const task = session.task === null ? null : cut(redact(session.task).text, LIMITS.idChars);
  return session.calls.map((call, index) => recorded(session, call, `${session.id}-${index}`.slice(-LIMITS.idChars), task));
}

/** The same calls by another identity: what a stolen credential would look like. */
export function actedBy(records: readonly Recorded[], agent: string): Recorded[] {
  const by = (action: Action): Action => ({ ...action, agent: { ...action.agent, id: agent, role: agent } });
  return records.map(({ attempt, result, atMs }) => ({ attempt: by(attempt), result: by(result), atMs }));
}

function recorded(session: Session, call: Call, callId: string, task: string | null): Recorded {
  const args = JSON.stringify(call.args, (_key, value: unknown) => (typeof value === "string" ? value.replace(CUT_MARK, "") : value));
  const redaction = redact(args);
  const attempt: Action = {
    v: 1, id: `${callId}:attempt`, callId, tenant: TENANT,
    agent: { id: session.agent, name: null, version: null, role: session.agent, runtime: session.runtime },
    assurance: "channel", claimedAgent: null, session: session.id, parentSession: null, task, phase: "attempt", eventMs: 0,
    tool: cut(call.tool, LIMITS.nameChars), operation: null, request: null, inputs: capture(args, redaction), outputs: null, provenance: { ...call.provenance },
    resource: null, credentials: credentialsOf(redaction), environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
  const { status, outputBytes } = call;
  const outputs = outputBytes === null ? null : { text: "", fullBytes: outputBytes, truncated: outputBytes > 0, digest: NO_TEXT_DIGEST };
  const result: Action = {
    ...attempt, id: `${callId}:result`, phase: "result", inputs: null, outputs, provenance: {}, outcome: { status, errorType: null },
  };
  return { attempt, result, atMs: call.atMs };
}

/** Secrets and principals in what was sent out, named as the collector names them. */
function credentialsOf({ secrets, principals }: ReturnType<typeof redact>): CredentialUse[] {
  const digests = new Set(secrets.map(({ sha256 }) => sha256));
  const uses: CredentialUse[] = Array.from(digests, (sha256) => ({ fingerprint: fingerprint(TENANT_KEY, sha256), principal: null, leaseId: null }));
  for (const principal of new Set(principals)) if (principal !== "") uses.push({ fingerprint: null, principal: cut(principal, LIMITS.idChars), leaseId: null });
  return uses.slice(0, LIMITS.credentialsPerAction);
}
