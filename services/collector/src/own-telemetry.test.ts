import { afterEach, describe, expect, it } from "vitest";
import { OWN_TELEMETRY_HEADER } from "./own-telemetry.ts";
import { openWorld, TOKENS, toolSpan, traces, type World } from "./testing/world.ts";

let world: World;
afterEach(() => world.close());

describe("Tripline's own telemetry", () => {
  it.each(["/v1/metrics", "/v1/traces", "/v1/logs"])("sent to Tripline's own collector at %s is taken, counted and thrown away", async (path) => {
    world = await openWorld();
    const answer = await world.send(traces([toolSpan("b7ad6b7169203331")]), { path, token: TOKENS.alice, headers: { [OWN_TELEMETRY_HEADER]: "breaker" } });
    expect([answer.status, answer.headers["content-type"], answer.body.length]).toEqual([200, "application/x-protobuf", 0]);
    expect(await world.actions()).toEqual([]);
    expect(await world.metrics()).toMatch(/tripline_collector_dropped_total\{reason="own-telemetry"\} 1/);
  });

  it("is known by its header alone: the same request without it is an agent's", async () => {
    world = await openWorld();
    await world.send(traces([toolSpan("b7ad6b7169203331")]), { token: TOKENS.alice });
    expect(await world.actions()).toHaveLength(1);
  });
});
