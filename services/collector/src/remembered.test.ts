import { describe, expect, it } from "vitest";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { createCleanNames } from "./clean-names.ts";
import { createFingerprints } from "./fingerprints.ts";

describe("clean names", () => {
  it("are forgotten after half a minute, so that a credential registered meanwhile is recognised", () => {
    let nowMs = 1_000_000;
    const names = createCleanNames(() => nowMs);
    names.refresh();
    names.add("acme", "coder");
    nowMs += 29_999;
    names.refresh();
    expect(names.has("acme", "coder")).toBe(true);
    nowMs += 1;
    names.refresh();
    expect(names.has("acme", "coder")).toBe(false);
  });

  it("are kept apart by tenant, and long texts are not kept", () => {
    const names = createCleanNames(() => 0);
    names.refresh();
    names.add("acme", "coder");
    names.add("acme", "x".repeat(65));
    expect(names.has("other", "coder")).toBe(false);
    expect(names.has("acme", "x".repeat(65))).toBe(false);
  });

  it("are all forgotten at their bound rather than kept without end", () => {
    const names = createCleanNames(() => 0);
    names.refresh();
    for (let i = 0; i < 8_192; i += 1) names.add("acme", `name-${i}`);
    expect(names.has("acme", "name-0")).toBe(true);
    names.add("acme", "one more");
    expect(names.has("acme", "name-0")).toBe(false);
    expect(names.has("acme", "one more")).toBe(true);
  });
});

describe("fingerprints", () => {
  it("are those of the tenant's key, remembered up to a bound with the oldest going first", () => {
    let keysAsked = 0;
    const key = new Uint8Array(32).fill(3);
    const fingerprints = createFingerprints(() => {
      keysAsked += 1;
      return key;
    });
    const digests = Array.from({ length: 4_097 }, (_, i) => sha256Hex(String(i)));
    for (const digest of digests.slice(0, 4_096)) fingerprints.of("acme", digest);
    expect(fingerprints.of("acme", digests[0]!)).toBe(fingerprint(key, digests[0]!));
    expect(keysAsked).toBe(4_096);
    fingerprints.of("acme", digests[4_096]!);
    fingerprints.of("acme", digests[1]!);
    expect(keysAsked).toBe(4_097);
    fingerprints.of("acme", digests[0]!);
    expect(keysAsked).toBe(4_098);
  });
});
