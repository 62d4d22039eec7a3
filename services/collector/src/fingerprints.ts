import { fingerprint } from "@tripline/canonical";

export interface Fingerprints {
  /** HMAC(tenant key, SHA-256 of the secret), hex. */
  of(tenant: string, sha256: string): string;
}

/** Fingerprints already made; the oldest goes first. An agent uses few credentials, so nearly every look-up hits. */
const KEPT = 4_096;

export function createFingerprints(tenantKey: (tenant: string) => Uint8Array): Fingerprints {
  const made = new Map<string, string>();
  return {
    of(tenant, sha256) {
      const key = `${tenant}/${sha256}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      const value = fingerprint(tenantKey(tenant), sha256);
      if (made.size >= KEPT) for (const oldest of made.keys()) {
        made.delete(oldest);
        break;
      }
      made.set(key, value);
      return value;
    },
  };
}
