/** The system suite again, unchanged, with two instances of every service as processes on a real three-node Kafka and PostgreSQL. */
import { afterAll, beforeAll, describe, vi } from "vitest";
import { canRunOnKafka, stopServers } from "./layouts.ts";

const isPossible = await canRunOnKafka();
/** Eight processes and three brokers start on two cores. */
const START_MS = 240_000;

describe.skipIf(!isPossible)("on Kafka and PostgreSQL, two instances of every service", async () => {
  vi.setConfig({ hookTimeout: START_MS, testTimeout: 120_000 });
  beforeAll(() => void (process.env["SYSTEM_LAYOUT"] = "kafka"));
  afterAll(async () => {
    delete process.env["SYSTEM_LAYOUT"];
    await stopServers();
  }, START_MS);
  await import("./loop.test.ts");
});
