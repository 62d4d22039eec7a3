/** Ingest tokens: what authenticates a sender. Only their SHA-256 is kept, here and in the registry. */
import { sha256Hex } from "@tripline/canonical";

/** What a token is bound to. An agent's token speaks for that agent alone; a relay's for the agents of its list. */
export interface TokenBinding {
  readonly tenant: string;
  readonly kind: "agent" | "relay";
  /** The agent, or the relay's own id, under which it files what it may not attribute. */
  readonly agent: string;
  /** Agents that a relay may report for; empty for an agent's token. */
  readonly agents: readonly string[];
}

export interface TokenTable {
  /** The binding of the token with this SHA-256 (hex), or null. */
  lookup(sha256: string): TokenBinding | null;
}

const BEARER = /^Bearer +([\x21-\x7e]{16,512})$/i;

/**
 * The binding of a request's `Authorization` header, or null. The secret itself is never compared: what is looked up is its
 * digest, whose bytes an attacker cannot choose, so the time of the look-up tells nothing about a valid token.
 */
export function authenticate(tokens: TokenTable, authorization: string | undefined): TokenBinding | null {
  const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return token === undefined ? null : tokens.lookup(sha256Hex(token));
}
