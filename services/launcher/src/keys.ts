/**
 * The keys of a deployment, all from one: a backup of one secret restores all fingerprints and seals, and processes that share it
 * agree without asking each other. Each key is made when it is first asked for, so that a process needs only what it uses.
 */
import { hkdfSync } from "node:crypto";
import { TriplineError } from "@tripline/model";
import { keyCommands, SEALING_KEY_BYTES, sealingKeyFromFile, sealingKeyFromProvider, sealingKeyFromText } from "@tripline/store";
import type { LauncherConfig } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import { isShared } from "./deployment.ts";
import { isNamed, readNamedFile, readSecret, type SecretPlace } from "./named-secrets.ts";

/** Shorter tokens could be guessed. */
const MIN_ADMIN_TOKEN_CHARS = 32;
const MIN_INGEST_TOKEN_CHARS = 16;

export interface Keys {
  /** Key of a tenant's credential fingerprints, 32 bytes. */
  fingerprints(tenant: string): Uint8Array;
  /** Seals secrets in the store, 32 bytes. */
  sealing(): Uint8Array;
  adminToken(): string;
  /** Marks approvals and their links as this deployment's own, 32 bytes. */
  approvals(): Uint8Array;
  /** Marks the gate's lease tokens, 32 bytes. */
  leaseTokens(): Uint8Array;
  /** Token of an approver. */
  approverToken(approver: { readonly id: string; readonly tokenEnv?: string; readonly tokenFile?: string }): string;
  /** Ingest token of an agent or relay. */
  ingestToken(sender: { readonly id: string; readonly ingestTokenEnv?: string; readonly ingestTokenFile?: string }): string;
}

/** Every member @throws TL_CONFIG_SECRET_MISSING, TL_SEAL_KEY_INVALID or TL_CONFIG_INVALID for what is named and cannot be used */
export function createKeys(config: LauncherConfig, dataDir: () => DataDir): Keys {
  const { masterEnv, masterFile, fingerprintEnv, fingerprintFile } = config.keys;
  const master = once(() => keyAt({ env: masterEnv, file: masterFile }) ?? wrappedKey(config.keys) ?? sealingKeyFromFile(dataDir().file("master.key")));
  const fingerprintBase = once(() => keyAt({ env: fingerprintEnv, file: fingerprintFile }) ?? master());
  const derive = (base: Uint8Array, purpose: string): Uint8Array => new Uint8Array(hkdfSync("sha256", base, "tripline", purpose, SEALING_KEY_BYTES));
  // Kept: the collector asks for every token-like word of every action.
  const perTenant = new Map<string, Uint8Array>();
  // Where machines share no data directory, what they make must be the same.
  const shared = (purpose: string): (() => string) | undefined => (isShared(config) ? () => Buffer.from(derive(master(), purpose)).toString("hex") : undefined);
  return {
    fingerprints: (tenant) => {
      const key = perTenant.get(tenant) ?? derive(fingerprintBase(), `fingerprints of ${tenant}`);
      perTenant.set(tenant, key);
      return key;
    },
    sealing: once(() => derive(master(), "sealing")),
    approvals: once(() => derive(master(), "approvals")),
    leaseTokens: once(() => derive(master(), "lease tokens of the gate")),
    approverToken: ({ id, tokenEnv: env, tokenFile: file }) => {
      const token = isNamed({ env, file }) ? readSecret({ env, file }) : dataDir().secret(`approvers/${id}`, shared(`token of approver ${id}`));
      if (token.length < MIN_ADMIN_TOKEN_CHARS) throw new TriplineError("TL_CONFIG_INVALID", `The token of approver "${id}" is shorter than ${MIN_ADMIN_TOKEN_CHARS} characters.`);
      return token;
    },
    adminToken: () => {
      const place = { env: config.admin.tokenEnv, file: config.admin.tokenFile };
      const token = isNamed(place) ? readSecret(place) : dataDir().secret("admin-token", shared("admin token"));
      if (token.length < MIN_ADMIN_TOKEN_CHARS) throw new TriplineError("TL_CONFIG_INVALID", `The admin token is shorter than ${MIN_ADMIN_TOKEN_CHARS} characters.`);
      return token;
    },
    ingestToken: ({ id, ingestTokenEnv: env, ingestTokenFile: file }) => {
      const token = isNamed({ env, file }) ? readSecret({ env, file }) : dataDir().secret(`tokens/${id}`, shared(`ingest token of ${id}`));
      if (token.length < MIN_INGEST_TOKEN_CHARS) throw new TriplineError("TL_CONFIG_INVALID", `The ingest token of "${id}" is shorter than ${MIN_INGEST_TOKEN_CHARS} characters.`);
      return token;
    },
  };
}

/** Null where the configuration names none. A file holds the bytes themselves, or them as text. */
function keyAt(place: SecretPlace): Uint8Array | null {
  if (!isNamed(place)) return null;
  if (place.env !== undefined || place.file === undefined) return sealingKeyFromText(readSecret(place));
  const bytes = readNamedFile(place.file);
  return bytes.byteLength === SEALING_KEY_BYTES ? new Uint8Array(bytes) : sealingKeyFromText(bytes.toString("utf8"));
}

/** Null where the configuration names none. */
function wrappedKey({ masterWrappedFile, unwrapCommand, wrapCommand }: LauncherConfig["keys"]): Uint8Array | null {
  if (masterWrappedFile === undefined) return null;
  if (unwrapCommand === undefined) throw new TriplineError("TL_CONFIG_INVALID", "At /keys/unwrapCommand: it is needed with masterWrappedFile.");
  return sealingKeyFromProvider(masterWrappedFile, keyCommands({ unwrap: unwrapCommand, ...(wrapCommand === undefined ? {} : { wrap: wrapCommand }) }));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
