/** The gate's certificate authority: the one that the configuration names, else made at first use, its key readable by its owner alone. */
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { authorityFor, type AuthorityPair, makeAuthority, servedHosts } from "@tripline/gate";
import { TriplineError } from "@tripline/model";
import type { DataDir } from "./data-dir.ts";
import type { GateConfig } from "./gate-config.ts";
import { readNamedFile } from "./named-secrets.ts";

/** What agents are told to trust. */
export const authorityFile = (dataDir: DataDir): string => dataDir.file("gate-ca.crt");

const OWNER_ONLY = 0o600;
const BEGIN_KEY = "-----BEGIN PRIVATE KEY-----";

export interface Read extends AuthorityPair {
  /** For other hosts than before: agents that trust a copy of the certificate need it anew for what was added. */
  readonly isAnew: boolean;
}

/** The named one, or that of the data directory. @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export function gateAuthority(gate: Pick<GateConfig, "authority" | "upstreams" | "tls">, dataDir: () => DataDir, nowMs: number): Read {
  const { authority } = gate;
  if (authority === undefined) return readAuthority(dataDir(), nowMs, authorityHosts(gate));
  return { ...checkedAuthority({ certificate: readNamedFile(authority.certificateFile).toString("utf8"), key: readNamedFile(authority.keyFile).toString("utf8") }, nowMs), isAnew: false };
}

/** What the gate has certificates of: upstreams, which the forward proxy answers for, and its own names. */
export function authorityHosts({ upstreams, tls }: Pick<GateConfig, "upstreams" | "tls">): string[] {
  return [...new Set([...servedHosts(upstreams.map(({ url }) => ({ url: new URL(url) }))), ...(tls?.names ?? []).map((name) => name.toLowerCase())])].toSorted();
}

/** One that clients would not believe, or that could not sign, is refused before a door opens. Never with what is in the files. */
function checkedAuthority({ certificate, key }: AuthorityPair, nowMs: number): AuthorityPair {
  const invalid = (detail: string): TriplineError => new TriplineError("TL_CONFIG_INVALID", `At /gate/authority: ${detail}`);
  const [pem, ...more] = certificate.match(CERTIFICATES) ?? [];
  if (pem === undefined || more.length > 0) throw invalid("certificateFile must hold one certificate in PEM.");
  // It is handed to agents, and put beside every certificate that is served.
  if (certificate.includes("PRIVATE KEY")) throw invalid("certificateFile holds a private key as well.");
  const parsed = attempt(() => new X509Certificate(pem));
  const signer = attempt(() => createPrivateKey(key));
  if (parsed === null) throw invalid("certificateFile holds a certificate that cannot be read.");
  if (signer === null || !isP256(signer)) throw invalid("keyFile must hold a private key of P-256 in PEM, without a passphrase.");
  if (!parsed.checkPrivateKey(signer)) throw invalid("certificate and key do not belong together.");
  if (!parsed.ca) throw invalid("the certificate is not that of an authority (CA:TRUE).");
  if (Date.parse(parsed.validTo) <= nowMs || Date.parse(parsed.validFrom) > nowMs) throw invalid("the certificate is not valid now.");
  return { certificate: `${pem}\n`, key };
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** What signatures are made for. */
const isP256 = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean => asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1";

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
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
