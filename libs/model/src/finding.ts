import { Type, type Static } from "typebox";
import { LIMITS } from "./limits.ts";
import { EpochMs, FactVersion, literals } from "./words.ts";

const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars * 2 });
const Text = Type.String({ maxLength: LIMITS.textChars });

const DIGEST_CHARS = 64;
/** SHA-256 in hex. */
export const Digest = Type.String({ minLength: DIGEST_CHARS, maxLength: DIGEST_CHARS });

/** How a credential in use is named in evidence: its fingerprint (64 hex digits), or `principal:<id>` where secrets are passwords. */
export const CredentialMark = Type.String({ minLength: 1, maxLength: LIMITS.idChars + 16 });

/** One piece of evidence inside a finding. Bits = −log2 of how probable the observation was under the baseline. */
export const Feature = Type.Object({ name: Text, bits: Type.Number(), expected: Text, observed: Text });
export type Feature = Static<typeof Feature>;

/** Versions of the facts a finding or trip was decided by, so that a replay reaches the same verdict. */
export const DecidedBy = Type.Object({
  rules: Text,
  policy: FactVersion,
  grant: FactVersion,
  registry: FactVersion,
});
export type DecidedBy = Static<typeof DecidedBy>;

/** Combined evidence on an agent at one moment. Over budget = a trip is due even without a hard finding. */
export const Risk = Type.Object({ bits: Type.Number(), budgetBits: Type.Number(), over: Type.Boolean() });
export type Risk = Static<typeof Risk>;

/** One detector's scored, explained observation. `hard` findings trip by themselves; `soft` ones add up in risk. */
export const Finding = Type.Object({
  v: Type.Literal(1),
  id: Id,
  tenant: Id,
  agent: Id,
  session: Type.Union([Id, Type.Null()]),
  actionId: Id,
  callId: Id,
  detector: Text,
  weight: literals(["hard", "soft"] as const),
  /** Rule that fired, stable across releases, e.g. `irreversible.railway.volumeDelete`. */
  rule: Text,
  /** Evidence in bits. A hard finding carries its evidence too, but does not need it. */
  bits: Type.Number(),
  /** One sentence for a human: what was expected, what happened. */
  summary: Text,
  features: Type.Array(Feature, { maxItems: LIMITS.featuresPerFinding }),
  /** Event time, clamped. */
  atMs: EpochMs,
  /** Receive time of the action behind it: what a reset is compared with, however late the finding itself was written. */
  receiveMs: EpochMs,
  /** Credentials in use that were never issued to this agent. */
  foreignCredentials: Type.Array(CredentialMark, { maxItems: LIMITS.credentialsPerAction }),
  decidedBy: DecidedBy,
  /** SHA-256 of the record that it was found in: a sender that heard no answer sends the same bytes again, which is no further deed. */
  digest: Type.Optional(Digest),
  /** Soft, below a trip, and worth telling a human within the alert budget. Absent = recorded alone, or a trip tells it. */
  alert: Type.Optional(Type.Literal(true)),
  /** Risk after this finding; null for findings of the hard-rule reader, which keeps no baseline. */
  risk: Type.Union([Risk, Type.Null()]),
});
export type Finding = Static<typeof Finding>;
