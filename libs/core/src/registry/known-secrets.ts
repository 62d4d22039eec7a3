import { fingerprint, secretTagger, type SecretTagger, sha256Hex } from "@tripline/canonical";
import type { Registry } from "./registry.ts";

/**
 * Whether a text is the secret of a registered credential of the tenant; `tenantKey` is that of its fingerprints. The secret's tag says no to
 * all but about one text in 65,536 per credential; only those are hashed.
 */
export function createKnownSecrets(registry: Registry, tenantKey: (tenant: string) => Uint8Array): (tenant: string, text: string) => boolean {
  const taggers = new Map<string, SecretTagger>();
  return (tenant, text) => {
    let tag = taggers.get(tenant);
    if (tag === undefined) taggers.set(tenant, (tag = secretTagger(tenantKey(tenant))));
    return registry.mayHoldSecret(tenant, tag(text)) && registry.credentialByFingerprint(tenant, fingerprint(tenantKey(tenant), sha256Hex(text))) !== null;
  };
}
