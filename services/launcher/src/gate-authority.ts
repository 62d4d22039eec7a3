/** The certificate authority of the gate's forward proxy: made at first use, its key readable by its owner alone. */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { type AuthorityPair, makeAuthority } from "@tripline/gate";
import type { DataDir } from "./data-dir.ts";

/** What agents are told to trust. */
export const authorityFile = (dataDir: DataDir): string => dataDir.file("gate-ca.crt");

const OWNER_ONLY = 0o600;
const BEGIN_KEY = "-----BEGIN PRIVATE KEY-----";

/** Key and certificate lie in one file, so that they appear together; the certificate is copied out for agents. */
export function readAuthority(dataDir: DataDir, nowMs: number): AuthorityPair {
  const path = dataDir.file("gate-ca.pem");
  if (!existsSync(path)) keep(path, makeAuthority(nowMs, "Tripline gate"));
  const text = readFileSync(path, "utf8");
  const at = text.indexOf(BEGIN_KEY);
  const certificate = text.slice(0, at);
  writeFileSync(authorityFile(dataDir), certificate, { mode: 0o644 });
  return { certificate, key: text.slice(at) };
}

/** The file appears whole or not at all; of several processes, one makes it. */
function keep(path: string, { certificate, key }: AuthorityPair): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.draft`;
  writeFileSync(draft, certificate + key, { mode: OWNER_ONLY, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
}
