import { fingerprint, secretTagger, sha256Hex } from "@tripline/canonical";
import type { CredentialRecord } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKnownSecrets } from "./known-secrets.ts";
import { Registry } from "./registry.ts";

const keyOf = (tenant: string): Uint8Array => new Uint8Array(32).fill(tenant.length);

function credential(tenant: string, id: string, secret: string, over: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    v: 1, version: 1, id, tenant, provider: "railway", providerRef: id, kind: "api-token", fingerprint: fingerprint(keyOf(tenant), sha256Hex(secret)), secretTag: secretTagger(keyOf(tenant))(secret),
    principal: null, environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1, ...over,
  };
}

function inventory(...credentials: CredentialRecord[]) {
  const registry = new Registry();
  for (const record of credentials) registry.apply("credentials", record);
  return { registry, isKnown: createKnownSecrets(registry, keyOf) };
}

describe("known secrets", () => {
  it("are the registered ones of the tenant, whatever their characters, and nothing else", () => {
    const secrets = fc.uniqueArray(fc.string({ minLength: 1, unit: "binary" }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(secrets, fc.string(), (registered, other) => {
        const { isKnown } = inventory(...registered.map((secret, index) => credential("acme", `c${index}`, secret)));
        for (const secret of registered) expect([isKnown("acme", secret), isKnown("other", secret)]).toEqual([true, false]);
        expect(isKnown("acme", other)).toBe(registered.includes(other));
      }),
    );
  });

  it("are found too where a record tells no tag, until it tells one", () => {
    const { secretTag: _, ...untagged } = credential("acme", "c1", "first-secret");
    const { registry, isKnown } = inventory(untagged, credential("acme", "c2", "second-secret"));
    expect(["first-secret", "second-secret", "neither"].map((text) => isKnown("acme", text))).toEqual([true, true, false]);
    registry.apply("credentials", credential("acme", "c1", "first-secret", { version: 2 }));
    expect(["first-secret", "second-secret", "neither"].map((text) => isKnown("acme", text))).toEqual([true, true, false]);
    const tag = secretTagger(keyOf("acme"));
    expect(["first-secret", "second-secret", "neither"].map((text) => registry.mayHoldSecret("acme", tag(text)))).toEqual([true, true, false]);
  });

  it("are not told by a wrong tag alone: a text of a registered tag is still hashed", () => {
    const { isKnown } = inventory(credential("acme", "c1", "secret", { secretTag: secretTagger(keyOf("acme"))("another text") }));
    expect(isKnown("acme", "another text")).toBe(false);
  });

  it("stay known when the credential was revoked, and are forgotten when its secret was replaced", () => {
    const { registry, isKnown } = inventory(credential("acme", "c1", "old"), credential("acme", "c1", "old", { version: 2, status: "revoked" }));
    expect(isKnown("acme", "old")).toBe(true);
    registry.apply("credentials", credential("acme", "c1", "new", { version: 3 }));
    expect(["old", "new"].map((text) => isKnown("acme", text))).toEqual([false, true]);
  });
});
