/**
 * An action: one attempted or finished operation by an agent. A fact, never an opinion: classification and scores are made
 * by readers, so that new rules can be replayed over old facts. Receive time is not in the content but is the record's own
 * timestamp in the log; a retry therefore repeats the content byte for byte.
 */
import { Type, type Static } from "typebox";
import { LIMITS } from "./limits.ts";
import { ASSURANCES, EpochMs, PHASES, PROVENANCES, literals } from "./words.ts";

const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars });
const Name = Type.String({ maxLength: LIMITS.nameChars });
const NullableId = Type.Union([Id, Type.Null()]);

/** A bounded, redacted copy of a value, with the digest of the full value for forensics. */
export const Captured = Type.Object({
  /** Redacted text; JSON where the value was structured. */
  text: Type.String({ maxLength: LIMITS.captureChars }),
  /** Size of the full value before redaction and truncation, in bytes of UTF-8. */
  fullBytes: Type.Integer({ minimum: 0 }),
  truncated: Type.Boolean(),
  /** SHA-256 of the full value after redaction, hex. */
  digest: Type.String({ minLength: 64, maxLength: 64 }),
});
export type Captured = Static<typeof Captured>;

/** What will run, where the dialect knows it; otherwise readers infer it from tool name and inputs. */
export const Request = Type.Union([
  Type.Object({ kind: Type.Literal("shell"), command: Type.String({ maxLength: LIMITS.captureChars }) }),
  Type.Object({
    kind: Type.Literal("sql"),
    system: Name,
    text: Type.String({ maxLength: LIMITS.captureChars }),
  }),
  Type.Object({
    kind: Type.Literal("http"),
    method: Type.String({ maxLength: 32 }),
    url: Type.String({ maxLength: 4_096 }),
    body: Type.Union([Type.String({ maxLength: LIMITS.captureChars }), Type.Null()]),
    /** Those that say which operation it is (`x-amz-target`), names in lower case. Absent = not seen. */
    headers: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: LIMITS.nameChars }))),
  }),
  Type.Object({
    kind: Type.Literal("graphql"),
    url: Type.Union([Type.String({ maxLength: 4_096 }), Type.Null()]),
    document: Type.String({ maxLength: LIMITS.captureChars }),
    operationName: Type.Union([Name, Type.Null()]),
    /** JSON text of the variables, or null. */
    variables: Type.Union([Type.String({ maxLength: LIMITS.captureChars }), Type.Null()]),
  }),
]);
export type Request = Static<typeof Request>;

export const ResourceRef = Type.Object({
  kind: Name,
  id: Id,
  /** As reported; the resource inventory outranks it. */
  environment: Type.Union([Name, Type.Null()]),
});
export type ResourceRef = Static<typeof ResourceRef>;

/** A credential seen in use. Fingerprint = HMAC(tenant key, SHA-256(secret)), hex; principal stands in where secrets are passwords. */
export const CredentialUse = Type.Object({
  fingerprint: Type.Union([Type.String({ minLength: 64, maxLength: 64 }), Type.Null()]),
  principal: NullableId,
  leaseId: NullableId,
});
export type CredentialUse = Static<typeof CredentialUse>;

export const Outcome = Type.Object({
  status: literals(["ok", "error", "refused", "unknown"] as const),
  errorType: Type.Union([Name, Type.Null()]),
});

export const Decision = Type.Object({
  outcome: literals(["allow", "deny", "hold"] as const),
  /** Who decided: gate, human, runtime hook, policy. */
  by: Name,
  reason: Type.String({ maxLength: LIMITS.textChars }),
  /** Stable id of the rule that decided. Absent where a runtime's own hook decided. */
  rule: Type.Optional(Type.String({ maxLength: LIMITS.textChars })),
  /** The approval that is waited for, or that was used. */
  approvalId: Type.Optional(Id),
});

export const ActionSource = Type.Object({
  dialect: Name,
  signal: literals(["trace", "log", "gate", "audit-log"] as const),
  traceId: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
  spanId: Type.Union([Type.String({ maxLength: 16 }), Type.Null()]),
  parentSpanId: Type.Union([Type.String({ maxLength: 16 }), Type.Null()]),
});

export const Action = Type.Object({
  v: Type.Literal(1),
  /** Deterministic from trace, span and phase (or call id and phase): a retry yields the same id. */
  id: Id,
  /** Tool-call id, else session + sequence, else span: attempt, decision and result of one call share it. */
  callId: Id,
  tenant: Id,
  agent: Type.Object({
    id: Id,
    name: Type.Union([Name, Type.Null()]),
    version: Type.Union([Name, Type.Null()]),
    role: Type.Union([Name, Type.Null()]),
    runtime: Type.Union([Name, Type.Null()]),
  }),
  assurance: literals(ASSURANCES),
  /** The agent id that the telemetry itself named, where it differs from the authenticated one: an identity mismatch. */
  claimedAgent: NullableId,
  session: NullableId,
  parentSession: NullableId,
  task: NullableId,
  phase: literals(PHASES),
  /** As the sender reports it. Readers clamp it to the record's receive time (see `time.ts`). */
  eventMs: EpochMs,
  tool: Name,
  /** As the runtime names it, else null; the canonical operation is the classifier's verdict. */
  operation: Type.Union([Name, Type.Null()]),
  request: Type.Union([Request, Type.Null()]),
  inputs: Type.Union([Captured, Type.Null()]),
  outputs: Type.Union([Captured, Type.Null()]),
  /** Argument path → where its value was first seen in this session. */
  provenance: Type.Record(Type.String({ maxLength: LIMITS.argumentPathChars }), literals(PROVENANCES)),
  resource: Type.Union([ResourceRef, Type.Null()]),
  credentials: Type.Array(CredentialUse, { maxItems: LIMITS.credentialsPerAction }),
  /** Environment that the runtime says it runs in (`deployment.environment.name`); the registration outranks it. */
  environment: Type.Union([Name, Type.Null()]),
  /** Directory that the runtime says it works in. The agent's own word: readers give no more for it than for a relative path. */
  workingDirectory: Type.Optional(Type.String({ maxLength: LIMITS.directoryChars })),
  outcome: Type.Union([Outcome, Type.Null()]),
  decision: Type.Union([Decision, Type.Null()]),
  reasoning: Type.Union([Type.String({ maxLength: LIMITS.reasoningChars }), Type.Null()]),
  source: ActionSource,
});
export type Action = Static<typeof Action>;
