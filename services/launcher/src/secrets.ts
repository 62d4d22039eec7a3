/** Credentials' secrets, sealed in the store: opened only to probe, erased once a probe was refused. */
import { secretName, type Secrets } from "@tripline/breaker";
import { TriplineError } from "@tripline/model";
import { createSealer, type Store } from "@tripline/store";

export interface LauncherSecrets extends Secrets {
  sealCredential(tenant: string, credentialId: string, secret: string): Promise<void>;
  /** Whether what is in the store was sealed under this key; a new store takes it. */
  checkKey(): Promise<"same" | "another">;
  /** From now on this key is the store's. */
  adoptKey(): Promise<void>;
}

/** What lies under the name proves which key seals this store; no credential is called like it. */
const KEY_CHECK = "key-check";

/** `key`: 32 bytes, see `Keys.sealing`. */
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
    checkKey: async () => {
      const found = await open(KEY_CHECK).catch((error: unknown) => {
        if (error instanceof TriplineError && error.code === "TL_SEAL_BROKEN") return "another" as const;
        throw error;
      });
      if (found === null) await seal(KEY_CHECK, KEY_CHECK);
      return found === "another" ? "another" : "same";
    },
    adoptKey: () => seal(KEY_CHECK, KEY_CHECK),
  };
}
