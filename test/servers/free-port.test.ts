import { expect, it } from "vitest";
import { freePort } from "./free-port.ts";

it("a free port is none that the system may give to others meanwhile, and never the same twice", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(new Set(ports).size).toBe(200);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(Math.min(...ports)).toBeGreaterThan(1_024);
});
