import { describe, expect, it } from "vitest";
import { cpuUsOf } from "./cpu.ts";

const BURN_US = 300_000;

describe.skipIf(process.platform !== "linux")("CPU of a process", () => {
  it("grows by what the process itself counts", () => {
    const before = { kernel: cpuUsOf([process.pid]), own: process.cpuUsage() };
    const spent = (): number => {
      const { user, system } = process.cpuUsage(before.own);
      return user + system;
    };
    while (spent() < BURN_US) Math.sqrt(spent());
    const counted = cpuUsOf([process.pid]) - before.kernel;
    // Two readings in hundredths of a second, a user's and a system's each, and what passes between the two counts.
    expect(Math.abs(counted - spent())).toBeLessThan(60_000);
  });

  it("of several is added up, and one that is gone is an error rather than nothing", () => {
    const one = cpuUsOf([process.pid]);
    expect(cpuUsOf([process.pid, process.pid])).toBeGreaterThanOrEqual(2 * one);
    expect(() => cpuUsOf([process.pid, 2 ** 30])).toThrow(/ENOENT/);
  });
});
