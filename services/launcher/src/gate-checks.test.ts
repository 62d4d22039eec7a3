import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDir } from "./data-dir.ts";
import { X509Certificate } from "node:crypto";
import { authorityFile, readAuthority } from "./gate-authority.ts";
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
