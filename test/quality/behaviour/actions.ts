/** Calls as the collector would have written them: an attempt before execution, a result after it, texts redacted and bounded. */
import { capture, cut, fingerprint, redact, sha256Hex } from "@tripline/canonical";
import { type Action, type CredentialUse, LIMITS } from "@tripline/model";
import type { Call, Session } from "./sessions.ts";

/** All agents of all data. */
export const TENANT = "quality";
/** Any: fingerprints are compared with each other alone. */
const TENANT_KEY = new Uint8Array(32).fill(7);
/** Stands for outputs, of which data tells no more than the size. */
const NO_TEXT_DIGEST = sha256Hex("");
const ID_ENDING_CHARS = ":attempt".length;
/** What marks a text that was cut when the data was made. */
const CUT_MARK = /…\[\+\d+\]$/;

/** One call's records; times are set when it is replayed. */
export interface Recorded {
  readonly attempt: Action;
  readonly result: Action;
  readonly atMs: number | null;
}

export function recordsOf(session: Session): Recorded[] {
  const task = session.task === null ? null : cut(redact(session.task).text, LIMITS.idChars);
  return session.calls.map((call, index) => recordOf({ ...session, task }, call, `${session.id}-${index}`));
}

/** `callId` is unique within the session. */
export function recordOf(session: Omit<Session, "calls">, call: Call, callId: string): Recorded {
  const args = JSON.stringify(call.args, (_key, value: unknown) => (typeof value === "string" ? value.replace(CUT_MARK, "") : value));
  const redaction = redact(args);
  const id = callId.slice(-LIMITS.nameChars + ID_ENDING_CHARS);
  const attempt: Action = {
    v: 1, id: `${id}:attempt`, callId: id, tenant: TENANT,
    agent: { id: session.agent, name: null, version: null, role: session.agent, runtime: session.runtime },
    assurance: "channel", claimedAgent: null, session: session.id, parentSession: null, task: session.task, phase: "attempt", eventMs: 0,
    tool: cut(call.tool, LIMITS.nameChars), operation: null, request: null, inputs: capture(args, redaction), outputs: null, provenance: { ...call.provenance },
    resource: null, credentials: credentialsOf(redaction), environment: null, outcome: null, decision: null, reasoning: null,
    ...(call.directory === undefined || call.directory.length > LIMITS.directoryChars ? {} : { workingDirectory: redact(call.directory).text }),
    source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
  const { status, outputBytes } = call;
  const outputs = outputBytes === null ? null : { text: "", fullBytes: outputBytes, truncated: outputBytes > 0, digest: NO_TEXT_DIGEST };
  const result: Action = {
    ...attempt, id: `${id}:result`, phase: "result", inputs: null, outputs, provenance: {}, outcome: { status, errorType: null },
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
