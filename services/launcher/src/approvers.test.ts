import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@tripline/canonical";
import { checkConfig } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import { approversOf } from "./approvers.ts";
import { LauncherConfig } from "./config.ts";
import { openDataDir } from "./data-dir.ts";
import { createKeys } from "./keys.ts";

const folder = mkdtempSync(join(tmpdir(), "approvers-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const AGENTS = "agents-token-agents-token-agents-token";

function table(approvers: readonly object[]) {
  const config = checkConfig(LauncherConfig, {
    agents: [{ id: "coder", owner: "o", ingestTokenFile: file("agent", AGENTS) }], relays: [{ id: "otel", agents: ["coder"] }], gate: { approvers },
  });
  const data = openDataDir(join(folder, "data"));
  return { approver: approversOf(config.gate!, config, createKeys(config, () => data)), data };
}

describe("approvers", () => {
  it("are known by a token of their own, made where the configuration names none", () => {
    const { approver, data } = table([{ id: "ann", environments: ["staging"] }, { id: "bob", tokenFile: file("bob", "bobs-own-token-bobs-own-token-bobs") }]);
    expect(approver(sha256Hex(data.secret("approvers/ann")))).toEqual({ id: "ann", environments: ["staging"] });
    expect(approver(sha256Hex("bobs-own-token-bobs-own-token-bobs"))).toEqual({ id: "bob", environments: [] });
    expect(approver(sha256Hex(AGENTS))).toBeNull();
  });

  it("are no agents and no relays, and hold the token of none", () => {
    expect(() => table([{ id: "coder" }])).toThrow(/TL_CONFIG_INVALID.*"coder" has the id of an agent/u);
    expect(() => table([{ id: "otel" }])).toThrow(/TL_CONFIG_INVALID.*"otel" has the id/u);
    expect(() => table([{ id: "ann", tokenFile: file("same", AGENTS) }])).toThrow(/TL_CONFIG_INVALID.*token of approver "ann" is an agent's/u);
  });

  it("share no token: one person would count as two", () => {
    const shared = file("shared", "one-token-for-two-one-token-for-two");
    expect(() => table([{ id: "ann", tokenFile: shared }, { id: "bob", tokenFile: shared }])).toThrow(/TL_CONFIG_INVALID.*"bob" is used twice/u);
  });
});
