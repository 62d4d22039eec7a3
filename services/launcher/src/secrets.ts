/** Credentials' secrets, sealed in the store: opened only to probe, erased once a probe was refused. */
import { secretName, type Secrets } from "@tripline/breaker";
import { fingerprint } from "@tripline/canonical";
import type { Registry } from "@tripline/core";
import { createSealer, type Store } from "@tripline/store";

export interface LauncherSecrets extends Secrets {
  sealCredential(tenant: string, credentialId: string, secret: string): Promise<void>;
  /** True if this SHA-256 is that of a credential in the inventory. */
  isKnown(registry: Registry, tenant: string, sha256: string, tenantKey: Uint8Array): boolean;
}

/** `key`: 32 bytes, see `DataDir.key`. */
export function createSecrets(store: Store, key: Uint8Array): LauncherSecrets {
  const sealer = createSealer(key);
  const seal = (name: string, secret: string): Promise<void> => store.putSealed(name, sealer.seal(name, secret));
  const open = async (name: string): Promise<string | null> => {
    const sealed = await store.getSealed(name);
    return sealed === null ? null : sealer.open(name, sealed);
  };
  return {
    seal,
    sealCredential: async (tenant, credentialId, secret) => {
      const name = secretName(tenant, credentialId);
      // Reading is a hundred times cheaper than an fsync, and a restart finds every secret sealed already; what cannot be opened is sealed anew.
      if ((await open(name).catch(() => null)) !== secret) await seal(name, secret);
    },
    open,
    erase: (name) => store.putSealed(name, null),
    isKnown: (registry, tenant, sha256, tenantKey) => registry.credentialByFingerprint(tenant, fingerprint(tenantKey, sha256)) !== null,
  };
}
