/** The data directory: keys and tokens are made on first use, readable by their owner alone, and never printed. */
import { hkdfSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TriplineError } from "@tripline/model";
import { sealingKeyFromFile } from "@tripline/store";

export interface DataDir {
  readonly path: string;
  file(name: string): string;
  /** A random secret of 32 bytes, hex, made on first use. */
  secret(name: string): string;
  /** 32 bytes derived from the master key for one purpose. */
  key(purpose: string): Uint8Array;
}

const OWNER_ONLY = 0o600;

/** Makes the directory if it is missing and shuts others out. @throws TL_CONFIG_INVALID where the system does not allow that */
export function openDataDir(path: string): DataDir {
  try {
    mkdirSync(join(path, "tokens"), { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new TriplineError("TL_CONFIG_INVALID", `At /dataDir: ${path} cannot be used as a directory of our own (${reason}).`);
  }
  const file = (name: string): string => join(path, name);
  const secret = (name: string): string => readOrMake(file(name));
  // Derived once a start: the collector asks for every token-like word of every action.
  const derived = new Map<string, Uint8Array>();
  const derive = (purpose: string): Uint8Array => new Uint8Array(hkdfSync("sha256", sealingKeyFromFile(file("master.key")), "tripline", purpose, 32));
  return {
    path,
    file,
    secret,
    // One key at rest; everything else is derived, so that a backup of one file restores all fingerprints and seals.
    key: (purpose) => {
      const key = derived.get(purpose) ?? derive(purpose);
      derived.set(purpose, key);
      return key;
    },
  };
}

function readOrMake(path: string): string {
  if (!existsSync(path)) make(path);
  const text = readFileSync(path, "utf8").trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The file ${path} does not hold 64 hex digits.`);
  return text;
}

/** The file appears whole or not at all, so that a crash cannot leave an empty token behind. */
function make(path: string): void {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, `${randomBytes(32).toString("hex")}\n`, { mode: OWNER_ONLY, flush: true });
  linkSync(draft, path);
  unlinkSync(draft);
}

/** Reads a secret from where the configuration says it is. Throws TL_CONFIG_SECRET_MISSING naming the place, never the value. */
export function readSecret(ref: { env: string | undefined; file: string | undefined }): string {
  if (ref.env !== undefined) {
    const value = process.env[ref.env];
    if (value === undefined || value === "") throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The environment variable ${ref.env} is not set.`);
    return value;
  }
  if (ref.file === undefined) throw new TriplineError("TL_CONFIG_SECRET_MISSING", "No environment variable or file is named.");
  try {
    return readFileSync(ref.file, "utf8").trim();
  } catch {
    throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The file ${ref.file} cannot be read.`);
  }
}
