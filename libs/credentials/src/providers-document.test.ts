/** PROVIDERS.md is what the providers say of themselves. To write it anew: `pnpm exec vitest run libs/credentials -u`. */
import { describe, expect, it } from "vitest";
import type { ProviderDescription } from "./provider.ts";
import { PROVIDER_DESCRIPTIONS } from "./registry.ts";

const WORDS = { "used-and-refused": "by using the credential", "provider-listing": "by the provider's listing" } as const;

function section(provider: ProviderDescription): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  return [
    `## ${provider.kind}`,
    `Its admin credential must be allowed:\n\n${list(provider.permissions)}`,
    `What a revocation does not reach:\n\n${list(provider.limits)}`,
    provider.backups === null ? "It finds no backups." : `Backups that it finds (of ${provider.backups.kinds.join(", ")}): ${provider.backups.detail}.`,
    `\`\`\`yaml\n${provider.example}\n\`\`\``,
  ].join("\n\n");
}

function render(descriptions: readonly ProviderDescription[]): string {
  const rows = descriptions.map(
    (one) => `| ${one.kind} | ${one.credentialKinds.join(", ")} | ${one.revokes} | ${one.cutsOpenSessions ? "cut" : "left open, and said so"} | ${one.probes.map((how) => WORDS[how]).join("; ")} |`,
  );
  return [
    "# Providers",
    "What each provider can really revoke, and how Tripline finds out that it did. Generated from the providers' own descriptions; a test holds it current.",
    ["| provider | credentials | new uses are refused | open sessions | verified |", "|---|---|---|---|---|", ...rows].join("\n"),
    ...descriptions.map(section),
    "",
  ].join("\n\n");
}

describe("PROVIDERS.md", () => {
  it("says what the providers say", async () => {
    await expect(render(Object.values(PROVIDER_DESCRIPTIONS))).toMatchFileSnapshot("../PROVIDERS.md");
  });
});
