/** The forward proxy's own certificate authority (RFC 5280): agents trust it, so that the gate can read what they send to its upstreams. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, tagged, time, utf8 } from "./der.ts";

export interface Authority {
  /** PEM of the certificate that agents trust. */
  readonly certificate: string;
  /** TLS as this host; made once per host and renewed in time. */
  contextOf(host: string): SecureContext;
  /** A new certificate and key for a host, PEM. */
  readonly issueFor: (host: string) => AuthorityPair;
}

export interface AuthorityPair {
  readonly certificate: string;
  /** PKCS #8, PEM. */
  readonly key: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** The authority's is made anew, with the same key, while it still holds for so long. */
const AUTHORITY_LEFT_MS = 90 * DAY_MS;
/** Nobody can revoke them, so they end soon. In use they are made anew with this much of them left. */
const LEAF_DAYS = 2;
const RENEW_BEFORE_MS = DAY_MS;
const LEAF_BACKDATED_MS = 3_600_000;
/** Hosts at once; upstreams are at most so many. */
const MAX_HOSTS = 512;
const BACKDATED_MS = DAY_MS;
/** Of hosts. Never the authority's own name: a certificate whose subject is its issuer counts as self-signed, and clients refuse it. */
const SERVED_NAME = "Tripline gate, for an upstream";

/** `hosts`: for which alone it can make certificates that clients take; null = for any. */
export function makeAuthority(nowMs: number, name: string, hosts: readonly string[] | null = null): AuthorityPair {
  return certified(newKeys().privateKey, nameOf(name), nowMs, hosts);
}

/**
 * The same authority for these hosts: as it is where it is for exactly these, and else certified anew. Its key and name stay, so whoever trusts
 * the certificate that it had goes on to reach what that one was for.
 */
export function authorityFor(hosts: readonly string[], { certificate, key }: AuthorityPair, nowMs: number): AuthorityPair {
  const own = new X509Certificate(certificate);
  const isLasting = Date.parse(own.validTo) - nowMs > AUTHORITY_LEFT_MS;
  return isLasting && own.raw.includes(constraintsOf(hosts)) ? { certificate, key } : certified(createPrivateKey(key), subjectOf(own.raw), nowMs, hosts);
}

function certified(privateKey: KeyObject, subject: Buffer, nowMs: number, hosts: readonly string[] | null): AuthorityPair {
  const publicKey = createPublicKey(privateKey);
  const certificate = issue({
    issuer: subject, subject, publicKey, signer: privateKey, fromMs: nowMs - BACKDATED_MS, toMs: nowMs + AUTHORITY_DAYS * DAY_MS,
    extensions: [
      ...(hosts === null ? [] : [constraintsOf(hosts)]),
      extension("2.5.29.19", true, sequence(boolean(true), integer(Buffer.from([0])))),
      // keyCertSign and cRLSign.
      extension("2.5.29.15", true, bits(Buffer.from([0x06]), 1)),
      extension("2.5.29.14", false, octets(keyIdOf(publicKey))),
    ],
  });
  return { certificate, key: privateKey.export({ type: "pkcs8", format: "pem" }) };
}

/** Hosts of which the forward proxy serves a certificate: what it opens tunnels to. */
export function servedHosts(upstreams: readonly { readonly url: URL }[]): string[] {
  return [...new Set(upstreams.filter(({ url }) => url.protocol === "https:").map(({ url }) => url.hostname.replace(/^\[|\]$/gu, "")))].toSorted();
}

const NAME_CONSTRAINTS = "2.5.29.30";
const DNS_NAME = 2;
const IP_ADDRESS = 7;
/** A kind of name of which none is permitted is free of constraints, so each is given one that no host can have (RFC 2606, RFC 5737). */
const NO_NAME = "invalid";
const NO_ADDRESS = "192.0.2.0";

/** Critical, as RFC 5280 has it: a client that does not understand it must not take the certificate for an unconstrained one. */
function constraintsOf(hosts: readonly string[]): Buffer {
  const names = hosts.filter((host) => isIP(host) === 0);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  const permitted = [
    ...(names.length === 0 ? [NO_NAME] : names).map((name) => sequence(implicit(DNS_NAME, Buffer.from(name)))),
    ...(addresses.length === 0 ? [NO_ADDRESS] : addresses).map((address) => {
      const bytes = addressBytes(address);
      return sequence(implicit(IP_ADDRESS, Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)])));
    }),
  ];
  return extension(NAME_CONSTRAINTS, true, sequence(tagged(0xa0, ...permitted)));
}

/** @throws where certificate and key do not belong together */
export function openAuthority({ certificate, key }: AuthorityPair, clock: () => number): Authority {
  const signer = createPrivateKey(key);
  const own = new X509Certificate(certificate);
  if (!own.checkPrivateKey(signer)) throw new Error("certificate and key do not belong together");
  const issuer = subjectOf(own.raw);
  const authorityKey = createPublicKey(signer);
  const made = new Map<string, { readonly context: SecureContext; readonly renewAtMs: number }>();
  const issueFor = (host: string): AuthorityPair => {
    const { publicKey, privateKey } = newKeys();
    const leaf = issue({ issuer, subject: nameOf(SERVED_NAME), publicKey, signer, fromMs: clock() - LEAF_BACKDATED_MS, toMs: clock() + LEAF_DAYS * DAY_MS, extensions: leafExtensions(host, authorityKey) });
    return { certificate: leaf, key: privateKey.export({ type: "pkcs8", format: "pem" }) };
  };
  return {
    certificate, issueFor,
    contextOf: (host) => {
      const known = made.get(host);
      if (known !== undefined && clock() < known.renewAtMs) return known.context;
      const leaf = issueFor(host);
      const context = createSecureContext({ cert: leaf.certificate + certificate, key: leaf.key, minVersion: "TLSv1.2" });
      if (made.size >= MAX_HOSTS) made.clear();
      made.set(host, { context, renewAtMs: clock() + LEAF_DAYS * DAY_MS - RENEW_BEFORE_MS });
      return context;
    },
  };
}

function leafExtensions(host: string, authorityKey: KeyObject): readonly Buffer[] {
  const name = isIP(host) === 0 ? implicit(DNS_NAME, Buffer.from(host)) : implicit(IP_ADDRESS, addressBytes(host));
  return [
    // Clients look for the host here and nowhere else.
    extension("2.5.29.17", false, sequence(name)),
    extension("2.5.29.19", true, sequence()),
    // digitalSignature.
    extension("2.5.29.15", true, bits(Buffer.from([0x80]), 7)),
    // serverAuth.
    extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.35", false, sequence(implicit(0, keyIdOf(authorityKey)))),
  ];
}

const newKeys = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => generateKeyPairSync("ec", { namedCurve: "P-256" });
const nameOf = (text: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(text))));
const extension = (id: string, isCritical: boolean, value: Uint8Array): Buffer => sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

const keyIdOf = (key: KeyObject): Buffer => createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest().subarray(0, 20);

interface Issue {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly fromMs: number;
  readonly toMs: number;
  readonly extensions: readonly Buffer[];
}

function issue({ issuer, subject, publicKey, signer, fromMs, toMs, extensions }: Issue): string {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const signed = sequence(
    explicit(0, integer(Buffer.from([2]))), integer(serial), ECDSA_WITH_SHA256, issuer,
    sequence(time(fromMs), time(toMs)), subject, publicKey.export({ type: "spki", format: "der" }), explicit(3, sequence(...extensions)),
  );
  const der = sequence(signed, ECDSA_WITH_SHA256, bits(sign("sha256", signed, signer)));
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}(?!$)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** The subject's bytes as they stand in the certificate: an issuer is compared byte by byte. */
function subjectOf(raw: Buffer): Buffer {
  const fields = childrenOf(childrenOf(raw)[0]!);
  return fields[5]!;
}

function childrenOf(value: Buffer): Buffer[] {
  const children: Buffer[] = [];
  const { start, end } = extentOf(value, 0);
  for (let at = start; at < end; ) {
    const child = extentOf(value, at);
    children.push(value.subarray(at, child.end));
    at = child.end;
  }
  return children;
}

function extentOf(value: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = value[at + 1]!;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const digits = first & 0x7f;
  const start = at + 2 + digits;
  return { start, end: start + value.readUIntBE(at + 2, digits) };
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes every IPv6 address in one form, with no IPv4 tail.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const words = (part: string): number[] => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
