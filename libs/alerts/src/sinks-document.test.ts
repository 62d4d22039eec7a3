/** SINKS.md is what the sinks say of themselves. To write it anew: `pnpm exec vitest run libs/alerts -u`. */
import { describe, expect, it } from "vitest";
import { SINK_DESCRIPTIONS } from "./registry.ts";
import type { SinkDescription } from "./sink.ts";

function section(sink: SinkDescription): string {
  return [`## ${sink.kind}`, `Its receiver:\n\n${sink.needs.map((line) => `- ${line}`).join("\n")}`, `\`\`\`yaml\n${sink.example}\n\`\`\``].join("\n\n");
}

function render(descriptions: readonly SinkDescription[]): string {
  return [
    "# Sinks",
    "Where alerts can go, and what each receiver must be able to do. Generated from the sinks' own descriptions; a test holds it current.",
    ...descriptions.map(section),
    "",
  ].join("\n\n");
}

describe("SINKS.md", () => {
  it("says what the sinks say", async () => {
    await expect(render(Object.values(SINK_DESCRIPTIONS))).toMatchFileSnapshot("../SINKS.md");
  });
});
