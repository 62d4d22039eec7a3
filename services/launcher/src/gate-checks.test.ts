import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDir } from "./data-dir.ts";
import { makeAuthority } from "@tripline/gate";
import { openAuthority } from "@tripline/gate/battery";
import { authorityFile, authorityHosts, gateAuthority, readAuthority } from "./gate-authority.ts";
import { checkApprovalsUrl, checkApprovers, checkSecrets, checkUpstreams } from "./gate-checks.ts";

type Upstream = Parameters<typeof checkUpstreams>[0]["upstreams"][number];
type Credentials = Parameters<typeof checkUpstreams>[1];

const upstream = (over: Partial<Upstream>): Upstream => ({ name: "api", url: "https://api.example.org/v1", credentials: ["key"], inject: { kind: "header", header: "authorization", format: "Bearer {secret}" }, allowPrivate: false, ...over });
const given = { credentials: [{ id: "key", secretEnv: "KEY" }, { id: "nowhere" }] } as unknown as Credentials;
const check = (...upstreams: Upstream[]) => () => checkUpstreams({ upstreams } as Parameters<typeof checkUpstreams>[0], given);

describe("an upstream of the gate", () => {
  it("may be an address with https:, or one on this machine", () => {
    expect(check(upstream({}), upstream({ name: "local", url: "http://127.0.0.1:8080", allowPrivate: true }), upstream({ name: "inside", url: "https://10.1.2.3", allowPrivate: true }))).not.toThrow();
  });

  it.each<readonly [string, Partial<Upstream>]>([
    ["http: beyond this machine", { url: "http://api.example.org" }],
    ["a private address that is not allowed", { url: "https://10.1.2.3" }],
    ["a private address in other words", { url: "https://0x7f.1" }],
    ["the cloud's metadata, allowed or not", { url: "https://169.254.169.254", allowPrivate: true }],
    ["a user in the address", { url: "https://me@api.example.org" }],
    ["a query in the address", { url: "https://api.example.org/?a=1" }],
    ["no address", { url: "https://" }],
    ["a range of addresses that is none", { addresses: ["10.0.0.0/33"] }],
    ["a range of every address", { addresses: ["0.0.0.0/0"] }],
    ["ranges without TLS", { url: "http://127.0.0.1:8080", addresses: ["127.0.0.0/8"] }],
    ["a credential that nobody registered", { credentials: ["other"] }],
    ["a credential without a secret", { credentials: ["nowhere"] }],
    ["a format without the secret", { inject: { kind: "header", header: "x-key", format: "Bearer secret" } }],
  ])("is refused with %s", (_name, over) => expect(check(upstream(over))).toThrow("TL_CONFIG_INVALID"));

  it("has a name of its own", () => expect(check(upstream({}), upstream({}))).toThrow("is there twice"));
});

describe("the authority's files", () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "tripline-gate-ca-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it("are made once; the key is the owner's alone, and is not in what agents are given", () => {
    const dataDir = openDataDir(directory);
    const made = readAuthority(dataDir, Date.now(), ["api.example.org"]);
    expect(readAuthority(dataDir, Date.now(), ["api.example.org"])).toEqual(made);
    expect(existsSync(authorityFile(dataDir))).toBe(true);
    expect(readFileSync(authorityFile(dataDir), "utf8")).toBe(made.certificate);
    expect(statSync(join(directory, "gate-ca.pem")).mode & 0o777).toBe(0o600);
    expect(made.certificate).not.toContain("PRIVATE");
    expect(made.key).toContain("PRIVATE");
  });

  it("are certified anew, with the same key and name, for other upstreams and before they end", () => {
    const dataDir = openDataDir(directory);
    const made = readAuthority(dataDir, Date.now(), ["api.example.org"]);
    const more = readAuthority(dataDir, Date.now(), ["api.example.org", "b.example.org"]);
    expect([made.isAnew, more.isAnew, more.key === made.key, more.certificate === made.certificate]).toEqual([false, true, true, false]);
    expect(new X509Certificate(more.certificate).subject).toBe(new X509Certificate(made.certificate).subject);
    expect(readFileSync(authorityFile(dataDir), "utf8")).toBe(more.certificate);
    expect(statSync(join(directory, "gate-ca.pem")).mode & 0o777).toBe(0o600);
    expect(readAuthority(dataDir, Date.now(), ["api.example.org", "b.example.org"])).toEqual({ ...more, isAnew: false });
    const years = 3_600 * 86_400_000;
    const late = readAuthority(dataDir, Date.now() + years, ["api.example.org", "b.example.org"]);
    expect(Date.parse(new X509Certificate(late.certificate).validTo)).toBeGreaterThan(Date.now() + years + 3_000 * 86_400_000);
  });
});

it("constrains the authority to the upstreams' hosts and the gate's own names", () => {
  const tls = { names: ["Gate.internal"], host: "127.0.0.1", port: 0, forwardPort: 0 };
  expect(authorityHosts({ upstreams: [upstream({}), upstream({ name: "local", url: "http://127.0.0.1:8080" })], tls })).toEqual(["api.example.org", "gate.internal"]);
});

describe("an authority that the configuration names", () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "tripline-gate-ca-"))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const nowMs = Date.now();
  const own = makeAuthority(nowMs, "Ours");
  const named = (certificate: string, key: string, atMs = nowMs) => () => {
    const [certificateFile, keyFile] = [join(directory, "ca.crt"), join(directory, "ca.key")];
    writeFileSync(certificateFile, certificate);
    writeFileSync(keyFile, key);
    return gateAuthority({ upstreams: [], authority: { certificateFile, keyFile } }, () => openDataDir(directory), atMs);
  };

  it("is used as it is, and nothing of it is written anywhere else", () => {
    expect(named(own.certificate, own.key)()).toEqual({ ...own, isAnew: false });
    expect(readdirSync(directory).toSorted()).toEqual(["ca.crt", "ca.key"]);
  });

  it("may be made with the command that the chart's README shows", () => {
    const [command = ""] = /openssl req [^]*?(?<!\\)\n/.exec(readFileSync(new URL("../../../charts/tripline/README.md", import.meta.url), "utf8")) ?? [];
    execFileSync("sh", ["-c", command], { cwd: directory, stdio: "pipe" });
    expect(gateAuthority({ upstreams: [], authority: { certificateFile: join(directory, "ca.crt"), keyFile: join(directory, "ca.key") } }, () => openDataDir(directory), Date.now()).certificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it.each<readonly [string, () => unknown, RegExp]>([
    ["another one's key", named(own.certificate, makeAuthority(nowMs, "Theirs").key), /do not belong together/],
    ["no certificate", named("x", own.key), /one certificate in PEM/],
    ["two certificates", named(own.certificate + own.certificate, own.key), /one certificate in PEM/],
    ["the key beside the certificate", named(own.certificate + own.key, own.key), /holds a private key as well/],
    ["no key", named(own.certificate, "x"), /keyFile must hold a private key of P-256/],
    ["a key of another kind", named(own.certificate, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })), /keyFile must hold a private key of P-256/],
    ["a certificate of no authority", () => {
      const leaf = openAuthority(own, () => nowMs).issueFor("gate.internal");
      return named(leaf.certificate, leaf.key)();
    }, /not that of an authority/],
    ["a certificate whose time is over", named(own.certificate, own.key, nowMs + 11 * 365 * 86_400_000), /not valid now/],
  ])("is refused with %s, and without a word of the key", (_name, read, said) => {
    expect(read).toThrow(said);
    expect(read).not.toThrow(/BEGIN PRIVATE|MIG/);
  });
});

it("gives links to an address of the approvers' page in which nothing is secret", () => {
  const at = (url?: string) => () => checkApprovalsUrl({ approvals: { host: "127.0.0.1", port: 0, ...(url === undefined ? {} : { url }) } });
  for (const url of [undefined, "https://approve.example", "https://approve.example/tripline/"]) expect(at(url)).not.toThrow();
  for (const url of ["https://ann:pass@approve.example", "https://approve.example/?key=1", "https://approve.example/#key", "https://"]) expect(at(url)).toThrow("TL_CONFIG_INVALID: ");
});

it("takes no more approvers than there are, so that what is held can be approved", () => {
  const takes = (approversInProduction: number, ...ids: string[]) => () => checkApprovers({ approvers: ids.map((id) => ({ id, environments: [] })) }, { policy: { gate: { approversInProduction, approversElsewhere: 1 } } } as never);
  expect(takes(1)).not.toThrow();
  expect(takes(2, "ann", "bob")).not.toThrow();
  expect(takes(2, "ann")).toThrow(/approversInProduction: it takes 2 approvers, and \/gate\/approvers names 1/u);
});

it("refuses a secret that cannot sign, without telling it", () => {
  const signing = (secret: string) => () => checkSecrets({ upstreams: [upstream({ inject: { kind: "aws-sigv4" } })] }, () => secret);
  expect(signing("AKIAEXAMPLE:c2VjcmV0")).not.toThrow();
  expect(signing("AKIAEXAMPLE:c2VjcmV0:session/token==")).not.toThrow();
  expect(signing("only-one-part")).toThrow(/signs with "key", whose secret is not "<access key id>:<secret access key>"/u);
  expect(signing("only-one-part")).not.toThrow(/only-one-part/u);
  expect(() => checkSecrets({ upstreams: [upstream({})] }, () => "only-one-part")).not.toThrow();
});
