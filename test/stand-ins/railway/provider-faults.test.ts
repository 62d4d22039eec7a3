import fc from "fast-check";
import { expect, it } from "vitest";
import { openProvider, type CredentialTarget } from "@tripline/credentials";
import { preciseNowMs } from "../../precise-now.ts";
import { startRailwayStandIn, type Fault, type RailwayStandIn } from "./index.ts";

/** Every way in which a call can go wrong here; `operation` is left out, so that probes and listings are hit as well. */
const FAULTS: readonly Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 502 },
  { kind: "status", status: 429, retryAfterSeconds: 0 },
  { kind: "status", status: 401 },
  { kind: "reset" },
  { kind: "execute-then-reset" },
  { kind: "execute-then-hang" },
  { kind: "hang" },
  { kind: "wrong-json", body: "{" },
  { kind: "wrong-json", body: '{"data":{}}' },
  { kind: "answer-without-effect" },
];
const ATTEMPTS = 40;
const LAG_MS = 15;

const dead = (at: RailwayStandIn, name: string) => {
  const { deletedAtMs } = at.token(name);
  return deletedAtMs !== null && preciseNowMs() >= deletedAtMs + LAG_MS;
};

it("claims nothing that is not so, and gets every token refused, with every third call going wrong", async () => {
  const names = Array.from({ length: 60 }, (_unused, n) => `token-${n}`);
  const at = await startRailwayStandIn({
    revocationLagMs: LAG_MS,
    world: { tokens: [{ name: "admin", kind: "account" }, ...names.map((name) => ({ name, kind: "workspace" as const }))] },
  });
  const provider = openProvider(
    "railway",
    { kind: "railway", endpoint: at.url, adminTokenEnv: "A", timeoutMs: 60, keepWarmMs: 0, projectIds: [] },
    { readSecret: () => at.token("admin").secret, warn: () => undefined },
  );
  const chance = fc.sample(fc.integer({ min: 0, max: 3 * FAULTS.length - 1 }), { numRuns: ATTEMPTS * names.length, seed: 20_260_424 });
  const maybeBreak = () => {
    const fault = FAULTS[chance.pop() ?? 99];
    if (fault !== undefined) at.addFault(fault);
  };
  let verified = 0;
  for (const name of names) {
    const token = at.token(name);
    const target: CredentialTarget = { id: name, kind: "api-token", providerRef: token.id, principal: null };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      maybeBreak();
      const before = token.deletedAtMs;
      const outcome = await provider.revoke(target, AbortSignal.timeout(5_000));
      if (outcome.kind === "failed" && outcome.effect === "none") expect(token.deletedAtMs).toBe(before);
      if (outcome.kind === "already-gone") expect(token.deletedAtMs).not.toBeNull();
      maybeBreak();
      const probe = await provider.probe(target, attempt % 3 === 2 ? null : token.secret, AbortSignal.timeout(5_000));
      if (probe.kind !== "refused") continue;
      // A listing shows what is deleted, not what is refused; a use shows both.
      if (probe.by === "used-and-refused") expect(dead(at, name)).toBe(true);
      else expect(token.deletedAtMs).not.toBeNull();
      verified += 1;
      break;
    }
  }
  expect(verified).toBe(names.length);
  await provider.close();
  await at.close();
});

it("keeps its connection in use, so that a revocation finds it open", async () => {
  const at = await startRailwayStandIn();
  const provider = openProvider(
    "railway",
    { kind: "railway", endpoint: at.url, adminTokenEnv: "A", timeoutMs: 1_000, keepWarmMs: 30, projectIds: [] },
    { readSecret: () => at.token("tripline-admin").secret, warn: () => undefined },
  );
  await expect.poll(() => at.events().length, { timeout: 5_000 }).toBeGreaterThan(3);
  expect(new Set(at.events().map((event) => event.operation))).toEqual(new Set(["apiToken"]));
  await provider.close();
  const after = at.events().length;
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(at.events().length - after).toBeLessThanOrEqual(1);
  await at.close();
});
