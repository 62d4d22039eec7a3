import { Type, type Static } from "typebox";
import { LIMITS } from "./limits.ts";
import { EpochMs, literals } from "./words.ts";

const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars });

/** Long enough for a trip id, which names tenant, agent and generation. */
const TripId = Type.String({ minLength: 1, maxLength: LIMITS.idChars * 2 + 32 });

/** A human order. Orders travel the same log as facts; `panic` without an agent is an epoch record for the whole tenant. */
export const Command = Type.Object({
  v: Type.Literal(1),
  id: Id,
  tenant: Id,
  /** Null only for a panic of the whole tenant. */
  agent: Type.Union([Id, Type.Null()]),
  kind: literals(["trip", "panic", "hold", "release", "reset", "revoke"] as const),
  /** For `release`: the hold to release. */
  holdId: Type.Union([Id, Type.Null()]),
  /** For `revoke`: the credential, and the trip whose containment left it to a human. */
  credentialId: Type.Optional(TripId),
  tripId: Type.Optional(TripId),
  by: Id,
  reason: Type.String({ maxLength: LIMITS.textChars }),
  atMs: EpochMs,
});
export type Command = Static<typeof Command>;
/** Key under which tenant-wide commands are written; no agent can have this id (`*` is not an id character). */
export const ALL_AGENTS = "*";
