import { fingerprint, redact, secretTagger, sha256Hex } from "@tripline/canonical";
import { createKnownSecrets, Registry } from "@tripline/core";
import type { CredentialRecord } from "@tripline/model";
import { expect, it } from "vitest";
import { createLookThrough } from "./look-through.ts";

const KEY = new Uint8Array(32).fill(3);
/** Of no known format: it is recognised because it is registered. */
const SECRET = "7c0b9a52-55aa-4d0e-9d30-52c0f1f0a3b1";

function looking() {
  const registry = new Registry();
  const known = createKnownSecrets(registry, () => KEY);
  let asked = 0;
  const look = createLookThrough(registry, (tenant) => (text) => {
    asked += 1;
    return known(tenant, text);
  });
  const register = (tenant: string): void => registry.apply("credentials", {
    v: 1, version: 1, id: "api", tenant, provider: "none", providerRef: "api", kind: "api-token", fingerprint: fingerprint(KEY, sha256Hex(SECRET)), secretTag: secretTagger(KEY)(SECRET), principal: null,
    environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "page", replacement: null, status: "active", atMs: 1,
  } satisfies CredentialRecord);
  return { look, register, asked: () => asked };
}

const TEXT = `run --id ${SECRET}`;

it("finds what nothing remembered would, and looks at a clean text once", () => {
  const { look, asked } = looking();
  expect(look("t", TEXT)).toEqual(redact(TEXT));
  const first = asked();
  expect(first).toBeGreaterThan(0);
  expect(look("t", TEXT)).toEqual(redact(TEXT));
  expect(asked()).toBe(first);
});

it("looks again once a credential is registered: what was clean before may be its secret", () => {
  const { look, register } = looking();
  expect(look("t", TEXT).redactions).toBe(0);
  register("t");
  expect(look("t", TEXT).text).not.toContain(SECRET);
  expect(look("t", TEXT).text).not.toContain(SECRET);
});

it("keeps tenants apart: what is clean for one may be another's secret", () => {
  const { look, register } = looking();
  register("other");
  expect(look("t", TEXT).text).toContain(SECRET);
  expect(look("other", TEXT).text).not.toContain(SECRET);
  expect(look("t", TEXT).text).toContain(SECRET);
});

it("remembers no text that holds a secret, and none that is long", () => {
  const { look, asked } = looking();
  for (const text of ["curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwxyz'", `${"x".repeat(2_100)} ${SECRET}`]) {
    look("t", text);
    const before = asked();
    look("t", text);
    expect(asked(), text.slice(0, 20)).toBeGreaterThan(before);
  }
});

it("is bounded: after twice as many texts as a generation holds, the first is looked at again", () => {
  const { look, asked } = looking();
  look("t", TEXT);
  for (let text = 0; text < 4_096; text += 1) look("t", `text ${text}`);
  const before = asked();
  look("t", TEXT);
  expect(asked()).toBeGreaterThan(before);
});
