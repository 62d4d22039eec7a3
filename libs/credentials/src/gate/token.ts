/**
 * Lease tokens of the gate: whose they are stands in them, marked with a key that the agent never sees, so that no gate has to keep a list.
 * Whether the lease is still in force is not in the token: the registry says so, at every use.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Whose lease it is. */
export interface LeaseHolder {
  readonly tenant: string;
  readonly agent: string;
  readonly leaseId: string;
}

export const LEASE_TOKEN_PREFIX = "tl_";
/** Longer ones no door takes. */
export const MAX_LEASE_TOKEN_CHARS = 1_024;
const TOKEN = /^tl_([A-Za-z0-9_-]{4,1024})\.([A-Za-z0-9_-]{43})$/u;

/** Null where the ids are too long for a token. `key`: 32 bytes. */
export function leaseToken(key: Uint8Array, { tenant, agent, leaseId }: LeaseHolder): string | null {
  const payload = Buffer.from(JSON.stringify([tenant, agent, leaseId])).toString("base64url");
  const token = `${LEASE_TOKEN_PREFIX}${payload}.${markOf(key, `lease ${payload}`).toString("base64url")}`;
  return token.length <= MAX_LEASE_TOKEN_CHARS ? token : null;
}

/** Whose token this is; null for one that was not made with this key. */
export function readLeaseToken(key: Uint8Array, token: string): LeaseHolder | null {
  const [, payload, mark] = token.length <= MAX_LEASE_TOKEN_CHARS ? (TOKEN.exec(token) ?? []) : [];
  if (payload === undefined || mark === undefined || !timingSafeEqual(Buffer.from(mark, "base64url"), markOf(key, `lease ${payload}`))) return null;
  // Only what we have marked is parsed.
  const [tenant, agent, leaseId] = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as [string, string, string];
  return { tenant, agent, leaseId };
}

/** What the breaker shows to the gate to end a lease there; it speaks for no agent. */
export const leaseControlToken = (key: Uint8Array): string => markOf(key, "control").toString("base64url");

/** Whether `token` is `leaseControlToken(key)`. */
export function isLeaseControlToken(key: Uint8Array, token: string): boolean {
  const given = Buffer.from(token, "base64url");
  const own = markOf(key, "control");
  return given.length === own.length && timingSafeEqual(given, own);
}

const markOf = (key: Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();
