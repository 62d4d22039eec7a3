/**
 * What others decide by. Each is a fact with a version, on a topic of its own with history kept, so that a replay or a recovery
 * reaches the same verdict as the first run.
 */
import { Type, type Static } from "typebox";
import { LIMITS } from "./limits.ts";
import { EFFECTS, EpochMs, FactVersion, literals } from "./words.ts";

const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars });
const Name = Type.String({ minLength: 1, maxLength: LIMITS.nameChars });
const Names = Type.Array(Name, { maxItems: 256 });

export const BaselineOrder = Type.Object({
  /** What is usual for the agent stays what it is now: nothing it does from here on teaches its baseline. */
  frozen: Type.Boolean(),
  /** What it did before teaches nothing: the baseline is learned afresh from then on. */
  learnFromMs: Type.Union([EpochMs, Type.Null()]),
  /** Who ordered it of the running system, and why. Absent: it is the configuration's. */
  ordered: Type.Optional(Type.Object({ by: Id, reason: Type.String({ maxLength: LIMITS.textChars }) })),
});
export type BaselineOrder = Static<typeof BaselineOrder>;

/** A registered agent: an identity with an owner and a lifecycle. */
export const AgentRegistration = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  tenant: Id,
  agent: Id,
  role: Type.Union([Name, Type.Null()]),
  owner: Name,
  /** Where this agent works; a side effect on a resource elsewhere is an environment crossing. */
  environment: Name,
  status: literals(["active", "retired"] as const),
  /** What a human ordered of its baseline; absent = it learns as always. */
  baseline: Type.Optional(BaselineOrder),
  /** Each of its side effects must have been decided by a gate: one that telemetry shows and no gate saw is a finding. Absent = none of it is asked. */
  gate: Type.Optional(Type.Literal("required")),
  atMs: EpochMs,
});
export type AgentRegistration = Static<typeof AgentRegistration>;

/** What an agent may do for a task, until when. Patterns: exact, or with `*` at the end (`sql.*`, `staging-*`). */
export const Grant = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  id: Id,
  tenant: Id,
  agent: Id,
  task: Type.Union([Id, Type.Null()]),
  environments: Names,
  /** Canonical operations allowed. Empty = no statement about operations. */
  operations: Names,
  /** Resource ids allowed. Empty = no statement about resources. */
  resources: Names,
  /** Effects allowed whatever the operation's name. Empty = no statement. */
  effects: Type.Array(literals(EFFECTS), { maxItems: EFFECTS.length }),
  /** Irreversible operations that need no approval on the granted resources: a standing approval by the grant's author. */
  irreversible: Names,
  expiresAtMs: Type.Union([EpochMs, Type.Null()]),
  /** By whom and why, where an approver gave it for a while so that they are asked less. Absent: it is the configuration's. */
  bypass: Type.Optional(Type.Object({ by: Id, reason: Type.String({ maxLength: LIMITS.textChars }) })),
  atMs: EpochMs,
});
export type Grant = Static<typeof Grant>;

/** A credential issued under a grant. */
export const Lease = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  id: Id,
  tenant: Id,
  agent: Id,
  grantId: Id,
  credentialId: Id,
  provider: Name,
  status: literals(["active", "revoked", "expired"] as const),
  expiresAtMs: EpochMs,
  atMs: EpochMs,
});
export type Lease = Static<typeof Lease>;

/** One row of the credential inventory: every credential that exists, leased or registered. Never holds the secret itself. */
export const CredentialRecord = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  id: Id,
  tenant: Id,
  /** Key of the provider's entry in the configuration. */
  provider: Name,
  /** The provider's own id, which its revocation call needs (token id, role name). */
  providerRef: Type.String({ minLength: 1, maxLength: LIMITS.textChars }),
  /** What kind of credential, in the provider's words: `project-token`, `api-token`, `role`. */
  kind: Name,
  fingerprint: Type.Union([Type.String({ minLength: 64, maxLength: 64 }), Type.Null()]),
  /** 16 bits of a keyed hash of the secret, beside a fingerprint: whatever has another tag is another text. Absent = not told. */
  secretTag: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  /** User or role name for credentials that are passwords. */
  principal: Type.Union([Id, Type.Null()]),
  environment: Name,
  /** What it can reach, in resource patterns, for people and for scope findings. */
  reach: Names,
  /** Agents that it was issued to. */
  issuedTo: Type.Array(Id, { maxItems: 256 }),
  /** Who else uses it (services, people): what revoking it breaks. */
  alsoUsedBy: Names,
  autoRevoke: literals(["yes", "page", "never"] as const),
  /** What a human does to replace it. */
  replacement: Type.Union([Type.String({ maxLength: LIMITS.textChars }), Type.Null()]),
  status: literals(["active", "revoked"] as const),
  /** How a probe found it refused, once a containment has: tried itself, or by the provider's listing only. */
  refusedBy: Type.Optional(literals(["used-and-refused", "provider-listing"] as const)),
  /** It opens nothing and is there to be found: whoever uses it is no honest agent. */
  decoy: Type.Optional(Type.Literal(true)),
  atMs: EpochMs,
});
export type CredentialRecord = Static<typeof CredentialRecord>;

export const ResourceRecord = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  tenant: Id,
  kind: Name,
  id: Id,
  environment: Name,
  protection: literals(["none", "protected", "unknown"] as const),
  /** It is there to be found. Of the kind `endpoint` its id is a host, or a host and a path with all below it. */
  decoy: Type.Optional(Type.Literal(true)),
  atMs: EpochMs,
});
export type ResourceRecord = Static<typeof ResourceRecord>;

/** How an operator states what alarm load is acceptable; thresholds follow from it, per agent. */
export const AlarmBudget = Type.Object({
  /** At most one false trip in so many hours of one agent's activity. */
  agentHoursPerFalseTrip: Type.Number({ minimum: 1, maximum: 1e9 }),
  /** At most so many alerts for each call of one agent; absent in older records, which is DEFAULT_ALERTS_PER_CALL. */
  alertsPerCall: Type.Optional(Type.Number({ minimum: 1e-9, maximum: 1 })),
});
export type AlarmBudget = Static<typeof AlarmBudget>;
/** Two in a thousand. */
export const DEFAULT_ALERTS_PER_CALL = 0.002;

export const GatePolicy = Type.Object({
  /** What becomes of a read while the gate cannot tell that what it knows is current; all else is refused then. */
  staleReads: literals(["allow", "deny"] as const),
  /** What becomes of a call that nobody can tell the effect of, where it reaches no production and no unknown environment; there it is held. */
  unknownEffects: literals(["allow", "hold"] as const),
  /** Approvers needed for an irreversible operation: in production or an unknown environment, and elsewhere. */
  approversInProduction: Type.Integer({ minimum: 1, maximum: 8 }),
  approversElsewhere: Type.Integer({ minimum: 1, maximum: 8 }),
  /** How long a held call waits for its approvers, and an approved one to be used. */
  approvalTtlMs: Type.Integer({ minimum: 1_000, maximum: 604_800_000 }),
  /** Between the last approval and execution, cancellable by any approver: for volumes, backups and their protection; for all else irreversible. */
  undoWindowHighestMs: Type.Integer({ minimum: 0, maximum: 2_592_000_000 }),
  undoWindowMs: Type.Integer({ minimum: 0, maximum: 2_592_000_000 }),
});
export type GatePolicy = Static<typeof GatePolicy>;

const HOUR_MS = 3_600_000;
export const DEFAULT_GATE_POLICY: GatePolicy = {
  staleReads: "allow",
  unknownEffects: "allow",
  approversInProduction: 1,
  approversElsewhere: 1,
  approvalTtlMs: HOUR_MS,
  undoWindowHighestMs: 48 * HOUR_MS,
  undoWindowMs: 0,
};

export const Policy = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  tenant: Id,
  budget: AlarmBudget,
  /** Share of a tenant's agents (0–1) that risk trips may open within `massTripWindowMs` before softer containment + page. */
  massTripShare: Type.Number({ minimum: 0, maximum: 1 }),
  massTripMinimum: Type.Integer({ minimum: 1 }),
  massTripWindowMs: Type.Integer({ minimum: 1 }),
  /** Read-only actions that a probing breaker lets through before it closes. */
  probeActions: Type.Integer({ minimum: 1, maximum: 10_000 }),
  /** Absent in older records: DEFAULT_GATE_POLICY. */
  gate: Type.Optional(GatePolicy),
  atMs: EpochMs,
});
export type Policy = Static<typeof Policy>;

/** Time passing is a fact: timers fire when a tick is read, so a replay fires them at the same place. */
export const ClockTick = Type.Object({ v: Type.Literal(1), atMs: EpochMs });
export type ClockTick = Static<typeof ClockTick>;
