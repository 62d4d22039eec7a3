/** Who calls: always by a token of exactly one agent, never by what a call says of itself. */
import type { Registry } from "@tripline/core";
import { agentKey } from "@tripline/model";
import type { Caller } from "./call.ts";
import type { GateDeps } from "./deps.ts";

export type Authenticate = (token: string | null) => Caller | null;

/** Longest token looked at, in characters. */
const TOKEN_CHARS = 1_024;
const BEARER = /^Bearer +([\x21-\x7e]{16,1024})$/iu;
const BASIC = /^Basic +([A-Za-z0-9+/=_-]{1,2048})$/iu;

/** A lease's token speaks for its agent while the lease is in force; the registry's word counts, not the token's. */
export function createAuthenticate({ holderOf, clock }: Pick<GateDeps, "holderOf" | "clock">, registry: Registry): Authenticate {
  return (token) => {
    if (token === null || token.length > TOKEN_CHARS) return null;
    const holder = holderOf(token);
    if (holder === null || holder.leaseId === null) return holder;
    const lease = registry.leases(agentKey(holder.tenant, holder.agent)).find(({ id }) => id === holder.leaseId);
    return lease !== undefined && lease.status === "active" && lease.expiresAtMs > clock() ? holder : null;
  };
}

/** The token of an `Authorization` or `Proxy-Authorization` header: a bearer token, or the password of Basic (RFC 7617), where clients know no other. */
export function tokenOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const bearer = BEARER.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = BASIC.exec(header)?.[1];
  if (basic === undefined) return null;
  const text = Buffer.from(basic, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : text.slice(colon + 1) || text.slice(0, colon) || null;
}
