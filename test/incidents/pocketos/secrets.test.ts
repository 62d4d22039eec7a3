/** The found token went through every part of Tripline. It must have stayed nowhere. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FACT_TOPICS } from "@tripline/model";
import { observe, startParts } from "./run.ts";
import { FAST_PACE } from "./scenario.ts";

const PACE = { ...FAST_PACE, callIntervalMs: 150 };
let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.each(["sdk", "otel"] as const)("after the run with telemetry of kind %s", (protection) => {
  it("no secret is in any record, any file or any alert, and the token is known by its fingerprint", { timeout: 60_000 }, async () => {
    const parts = await startParts(protection, stack);
    const seen = await observe(parts, PACE, stack, () => undefined);
    const { tripline, railway, receiver } = parts;
    if (tripline === null) throw new Error("this run has Tripline");
    const secrets = ["domain-automation", "staging-agent", "tripline-admin"].map((name) => railway.token(name).secret);
    secrets.push(receiver.secret, tripline.ingestToken);

    const records = new Map<string, string>();
    for (const topic of Object.keys(FACT_TOPICS).flatMap((name) => [name, `${name}.dead`])) records.set(topic, await tripline.records(topic));
    // What would make the search below find nothing because nothing is there.
    expect(records.get("actions")).toContain("volumeDelete");
    expect(records.get("actions")).toMatch(/"fingerprint":"[0-9a-f]{64}"/);
    expect(seen.containmentStatus).toBe("verified");

    const files = filesBelow(tripline.dataDir).filter((path) => !/(?:admin-token|master\.key)$/.test(path));
    expect(files.length).toBeGreaterThan(2);
    for (const secret of secrets) {
      const forms = [secret, Buffer.from(secret).toString("base64").replace(/=+$/, ""), encodeURIComponent(secret)];
      for (const form of forms) {
        for (const [topic, text] of records) expect(text.includes(form), `topic ${topic}`).toBe(false);
        for (const path of files) expect(readFileSync(path).includes(form), path).toBe(false);
        expect(JSON.stringify(receiver.alerts()).includes(form)).toBe(false);
      }
    }
  });
});
