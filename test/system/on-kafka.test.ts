/** The system suite again, unchanged, with two instances of every service as processes on a real Kafka and PostgreSQL. */
import { afterAll, beforeAll, describe, vi } from "vitest";
import { canRunOnKafka, stopServers } from "./layouts.ts";
import { describeTakeOver } from "./take-over.ts";

const isPossible = await canRunOnKafka();
/** Eight processes and three brokers start on two cores. */
const START_MS = 120_000;

describe.skipIf(!isPossible)("on Kafka and PostgreSQL, two instances of every service:", () => {
  vi.setConfig({ hookTimeout: START_MS, testTimeout: START_MS });
  beforeAll(() => void (process.env["SYSTEM_LAYOUT"] = "kafka"));
  afterAll(async () => {
    delete process.env["SYSTEM_LAYOUT"];
    await stopServers();
  });
  describe("the loop", () => import("./loop.test.ts").then(() => undefined));
  describe("what is interrupted", () => import("./interrupted.test.ts").then(() => undefined));
  describe("plain OpenTelemetry", () => import("./otel.test.ts").then(() => undefined));
  describe("take-over", describeTakeOver);
  describe("an order to revoke", () => import("./revoke-order.test.ts").then(() => undefined));
  describe("the command line", () => import("./cli.test.ts").then(() => undefined));
});
