/** A certificate authority for one test file, made with the openssl command; nothing of it is kept in the repository. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificates {
  /** PEM of the authority. */
  readonly ca: string;
  /** A server certificate for `localhost` and 127.0.0.1 with its key, PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Null where openssl is missing: throws under CI=true, and says so loudly elsewhere. */
export function makeCertificates(what: string): Certificates | null {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
  } catch {
    if (process.env["CI"] === "true") throw new Error(`No openssl command for: ${what}.`);
    console.warn(`SKIPPED, no openssl command: ${what}.`);
    return null;
  }
  const directory = mkdtempSync(join(tmpdir(), "tripline-certificates-"));
  const at = (name: string) => join(directory, name);
  const openssl = (...parameters: string[]) => execFileSync("openssl", parameters, { cwd: directory, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    openssl("req", "-x509", ...newKey, "-keyout", at("ca.key"), "-out", at("ca.crt"), "-days", "1", "-subj", "/CN=Test authority");
    openssl("req", ...newKey, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", "/CN=localhost");
    writeFileSync(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
    openssl("x509", "-req", "-in", at("server.csr"), "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-out", at("server.crt"), "-days", "1", "-extfile", at("names"));
    const read = (name: string) => readFileSync(at(name), "utf8");
    return { ca: read("ca.crt"), certificate: read("server.crt"), key: read("server.key") };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
