/** The certificate authority of the gate's forward proxy: made at first use, its key readable by its owner alone. */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { authorityFor, type AuthorityPair, makeAuthority } from "@tripline/gate";
import type { DataDir } from "./data-dir.ts";

/** What agents are told to trust. */
export const authorityFile = (dataDir: DataDir): string => dataDir.file("gate-ca.crt");

const OWNER_ONLY = 0o600;
const BEGIN_KEY = "-----BEGIN PRIVATE KEY-----";

export interface Read extends AuthorityPair {
  /** For other hosts than before: agents that trust a copy of the certificate need it anew for what was added. */
  readonly isAnew: boolean;
}

/** For these hosts alone. Key and certificate lie in one file, so that they appear together; the certificate is copied out for agents. */
export function readAuthority(dataDir: DataDir, nowMs: number, hosts: readonly string[]): Read {
  const path = dataDir.file("gate-ca.pem");
  if (!existsSync(path)) keep(path, makeAuthority(nowMs, "Tripline gate", hosts));
  const kept = pairAt(path);
  const pair = authorityFor(hosts, kept, nowMs);
  const isAnew = pair.certificate !== kept.certificate;
  if (isAnew) renameSync(drafted(path, pair), path);
  writeFileSync(authorityFile(dataDir), pair.certificate, { mode: 0o644 });
  return { ...pair, isAnew };
}

/** Whether one was made already; its hosts are then a matter for the gate that runs with it. */
export const hasAuthority = (dataDir: DataDir): boolean => existsSync(dataDir.file("gate-ca.pem")) && existsSync(authorityFile(dataDir));

function pairAt(path: string): AuthorityPair {
  const text = readFileSync(path, "utf8");
  const at = text.indexOf(BEGIN_KEY);
  return { certificate: text.slice(0, at), key: text.slice(at) };
}

function drafted(path: string, { certificate, key }: AuthorityPair): string {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.draft`;
  writeFileSync(draft, certificate + key, { mode: OWNER_ONLY, flush: true });
  return draft;
}

/** The file appears whole or not at all; of several processes, one makes it. */
function keep(path: string, pair: AuthorityPair): void {
  const draft = drafted(path, pair);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
}
