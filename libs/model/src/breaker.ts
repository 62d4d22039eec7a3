import { Type, type Static } from "typebox";
import { CredentialMark, Digest, Finding } from "./finding.ts";
import { LIMITS } from "./limits.ts";
import { EpochMs } from "./words.ts";

/** Long enough for a trip id, which names tenant, agent and generation. */
const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars * 2 + 32 });
const Text = Type.String({ maxLength: LIMITS.textChars });

/** A human's hold. Holds stack: the breaker stays held until every one is released by name. */
export const Hold = Type.Object({ id: Id, by: Id, reason: Text, atMs: EpochMs });
export type Hold = Static<typeof Hold>;

export const TripCause = Type.Union([
  /** A finding that trips by itself. */
  Type.Object({ kind: Type.Literal("hard-finding"), findingId: Id }),
  /** Combined evidence over the alarm budget. */
  Type.Object({ kind: Type.Literal("risk"), bits: Type.Number(), budgetBits: Type.Number() }),
  /** A human order (trip or panic). */
  Type.Object({ kind: Type.Literal("command"), commandId: Id, by: Id }),
  /** A side effect during the read-only probing that follows a reset. */
  Type.Object({ kind: Type.Literal("probe-violation"), actionId: Id }),
]);
export type TripCause = Static<typeof TripCause>;

export const Trip = Type.Object({
  /** Deterministic: see `tripId`. */
  id: Id,
  tenant: Id,
  agent: Id,
  generation: Type.Integer({ minimum: 0 }),
  atMs: EpochMs,
  cause: TripCause,
  /** The evidence, complete, so that an incident reads without another look-up. */
  findings: Type.Array(Finding, { maxItems: 32 }),
  /** Credential fingerprints seen in use by this agent that were never issued to it. */
  foreignCredentials: Type.Array(CredentialMark, { maxItems: 64 }),
  /** True when too many agents tripped on risk alone at once: denied and paged, but nothing revoked (mass-trip guard). */
  soft: Type.Boolean(),
  summary: Text,
});
export type Trip = Static<typeof Trip>;

/** `open`: no action passes. `probing`: a down-scoped lease lets through a counted number of read-only actions. */
export const BreakerPosition = Type.Union([
  Type.Object({ state: Type.Literal("closed") }),
  Type.Object({
    state: Type.Literal("open"),
    tripId: Id,
    sinceMs: EpochMs,
    /** When what opened it was received, by the log's clock: an order to reset that is older was given before. Absent in older records. */
    receiveMs: Type.Optional(EpochMs),
  }),
  Type.Object({
    state: Type.Literal("probing"),
    tripId: Id,
    sinceMs: EpochMs,
    actionsLeft: Type.Integer({ minimum: 0 }),
  }),
]);
export type BreakerPosition = Static<typeof BreakerPosition>;

/** The record on topic `breakers` (compacted: the last one is the agent's current state). */
export const BreakerRecord = Type.Object({
  v: Type.Literal(1),
  tenant: Id,
  agent: Id,
  /** Counts resets, and soft trips that became hard; part of the trip id. */
  generation: Type.Integer({ minimum: 0 }),
  position: BreakerPosition,
  holds: Type.Array(Hold, { maxItems: 64 }),
  /** The trip this record reports or continues; null while closed and never tripped in this generation. */
  trip: Type.Union([Trip, Type.Null()]),
  atMs: EpochMs,
  /** When a human last reset this breaker; evidence received before was judged then and cannot trip again. 0 = never. */
  resetAtMs: EpochMs,
  /** Ids of the last commands applied, newest last: a command read again after a crash is applied once. */
  commandIds: Type.Array(Id, { maxItems: 32 }),
  /** Evidence that could open this breaker, in any generation, by when it first came: its record may come again after the reset that judged it. Newest last; absent = none. */
  judged: Type.Optional(Type.Array(Type.Object({ digest: Digest, receiveMs: EpochMs }), { maxItems: 32 })),
  /** Why the state changed, for people: `trip`, `hold`, `release`, `reset`, `reset-tripped` (at once, on what came after the order), `probe-used`, `probe-passed`, `evidence-added`, `evidence-noted`, `order-refused`. */
  change: Text,
});
export type BreakerRecord = Static<typeof BreakerRecord>;
