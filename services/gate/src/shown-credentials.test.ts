import { fingerprint, secretTagger, sha256Hex } from "@tripline/canonical";
import { createKnownSecrets, Registry } from "@tripline/core";
import type { CredentialRecord } from "@tripline/model";
import { describe, expect, it } from "vitest";
import type { GateCall } from "./call.ts";
import { readCall } from "./doors/decide/read-call.ts";
import { createLookThrough } from "./look-through.ts";
import { createShownCredentials } from "./shown-credentials.ts";

const KEY = new Uint8Array(32).fill(3);
/** Of no known format: it is recognised because it is registered. */
const SECRET = "7c0b9a52-55aa-4d0e-9d30-52c0f1f0a3b1";
const MARK = fingerprint(KEY, sha256Hex(SECRET));

function shown(call: Partial<GateCall>) {
  const registry = new Registry();
  const record: CredentialRecord = {
    v: 1, version: 1, id: "bait", tenant: "t", provider: "decoy", providerRef: "bait", kind: "api-token", fingerprint: MARK, secretTag: secretTagger(KEY)(SECRET), principal: "backup_root",
    environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "page", replacement: null, status: "active", decoy: true, atMs: 1,
  };
  registry.apply("credentials", record);
  const known = createKnownSecrets(registry, () => KEY);
  const base: GateCall = {
    callId: "c", door: "decide", session: null, task: null, tool: "tool", operation: null, request: null, inputs: null, provenance: {}, resource: null, environment: null, credentials: [],
    injected: null, payload: "", target: null, stored: null, resourceVersion: null, approvalId: null,
  };
  return createShownCredentials({ tenantKey: () => KEY }, registry, createLookThrough(registry, (tenant) => (text) => known(tenant, text)))("t", { ...base, ...call });
}

const inputs = (value: unknown): GateCall["inputs"] => ({ text: JSON.stringify(value), fullBytes: 0, truncated: false, digest: "0".repeat(64) });
const use = { fingerprint: MARK, principal: null, leaseId: null };

describe("credentials that a call shows", () => {
  it.each([
    ["a command", { request: { kind: "shell", command: `curl -H "Project-Access-Token: ${SECRET}" https://backboard.railway.com` } }],
    ["an address", { request: { kind: "http", method: "GET", url: `https://api.example.com/?token=${SECRET}`, body: null } }],
    ["a body", { request: { kind: "http", method: "POST", url: "https://api.example.com/", body: JSON.stringify({ deep: [{ key: SECRET }] }) } }],
    ["variables", { request: { kind: "graphql", url: null, document: "query { a }", operationName: null, variables: JSON.stringify({ token: SECRET }) } }],
    ["arguments", { inputs: inputs({ note: `use ${SECRET} for this` }) }],
  ] as const)("are found in %s", (_where, call) => {
    expect(shown(call as Partial<GateCall>)).toContainEqual(use);
  });

  it.each([{ token: SECRET }, { headers: { authorization: `Bearer ${SECRET}` } }, `curl -H 'Authorization: Bearer ${SECRET}' https://x`])("are found in arguments whose own name says that they are secret: %j", async (given) => {
    const call = readCall({ tool: "read_page", arguments: given });
    expect(JSON.stringify(call.inputs)).not.toContain(SECRET);
    expect(await shown(call)).toContainEqual(use);
  });

  it("are found at the end of a long call, with turns for others in between", async () => {
    const order: string[] = [];
    const long = Promise.resolve(shown({ request: { kind: "shell", command: `${"password: ".repeat(60_000)} --token ${SECRET}` } })).then((found) => {
      order.push("long");
      return found;
    });
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    order.push("another");
    expect(await long).toContainEqual(use);
    expect(order).toEqual(["another", "long"]);
  });

  it("are found by the user of a password as well", () => {
    expect(shown({ request: { kind: "shell", command: "psql postgres://backup_root:hunter2hunter2@db/app" } })).toContainEqual({ fingerprint: null, principal: "backup_root", leaseId: null });
  });

  it("are registered ones alone, once each, beside what the door found", () => {
    expect(shown({ inputs: inputs({ key: "d1d5f3aa-1b5e-4c0e-8f11-0a0b0c0d0e0f", api_key: "sk-ant-0123456789abcdefghijklmn" }) })).toEqual([]);
    expect(shown({ credentials: [use], inputs: inputs({ key: SECRET }) })).toEqual([use]);
  });

  it("leave what the door found as it is where there are none: nobody copies the call then, and works out what only a held one needs", () => {
    const credentials = [use];
    expect(shown({ credentials, inputs: inputs({ path: "src/a.ts" }) })).toBe(credentials);
  });
});
