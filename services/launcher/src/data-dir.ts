/** The data directory: keys and tokens are made on first use, readable by their owner alone, and never printed. */
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TriplineError } from "@tripline/model";

export interface DataDir {
  readonly path: string;
  file(name: string): string;
  /** A secret of 32 bytes, hex: what the file holds, else what `make` answers (random by default), which is kept there. */
  secret(name: string, make?: () => string): string;
}

const OWNER_ONLY = 0o600;

/** Makes the directory if it is missing and shuts others out. @throws TL_CONFIG_INVALID where the system does not allow that */
export function openDataDir(path: string): DataDir {
  try {
    for (const folder of ["tokens", "approvers"]) mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new TriplineError("TL_CONFIG_INVALID", `At /dataDir: ${path} cannot be used as a directory of our own (${reason}).`);
  }
  const file = (name: string): string => join(path, name);
  return { path, file, secret: (name, make = randomSecret) => readSecretFile(file(name)) ?? keepSecret(file(name), make()) };
}

const randomSecret = (): string => randomBytes(32).toString("hex");

function readSecretFile(path: string): string | null {
  try {
    return checked(path, readFileSync(path, "utf8").trim());
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function checked(path: string, text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The file ${path} does not hold 64 hex digits.`);
  return text;
}

/** The file appears whole or not at all, so that a crash leaves no empty token behind; of several processes, one makes it. */
function keepSecret(path: string, secret: string): string {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.draft`;
  writeFileSync(draft, `${secret}\n`, { mode: OWNER_ONLY, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
  return checked(path, readFileSync(path, "utf8").trim());
}

/** How the command line on this machine finds what it talks to: the control plane's admin API, or a gate's approvers' door. */
export interface LeftAddress {
  readonly url: string;
  readonly pid: number;
}

export type Door = "admin" | "approvals";

/** Leaves this process's address; answers what takes it away again, unless a later process of the same name has put its own. */
export function publishAddress(dataDir: DataDir, door: Door, instance: string, isOnly: boolean, address: LeftAddress): () => void {
  const file = dataDir.file(isOnly ? `${door}.json` : `${door}.${instance}.json`);
  writeFileSync(file, JSON.stringify(address), { mode: OWNER_ONLY });
  return () => {
    if (readAddress(file)?.pid === address.pid) rmSync(file, { force: true });
  };
}

/** Addresses left by processes that run on this data directory, or did. */
export function publishedAddresses(path: string, door: Door): LeftAddress[] {
  try {
    return readdirSync(path).filter((name) => name === `${door}.json` || (name.startsWith(`${door}.`) && name.endsWith(".json"))).toSorted().flatMap((name) => readAddress(join(path, name)) ?? []);
  } catch {
    return [];
  }
}

function readAddress(file: string): LeftAddress | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LeftAddress;
  } catch {
    return null;
  }
}
