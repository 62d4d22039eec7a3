import { describe, expect, it } from "vitest";
import { createLogger } from "./logger.ts";
import type { Module } from "./module.ts";
import { createSupervisor } from "./supervisor.ts";

const logger = createLogger({ level: "silent", name: "test" });

function recorded(name: string, events: string[], fails = false): Module {
  return {
    name,
    start: () => {
      events.push(`start ${name}`);
      return fails ? Promise.reject(new Error("cannot")) : Promise.resolve();
    },
    stop: () => {
      events.push(`stop ${name}`);
      return Promise.resolve();
    },
    health: () => ({ ready: true, detail: "" }),
  };
}

describe("supervisor", () => {
  it("starts in order and stops in reverse, once", async () => {
    const events: string[] = [];
    const supervisor = createSupervisor([recorded("a", events), recorded("b", events)], logger);
    await supervisor.start();
    await supervisor.stop();
    await supervisor.stop();
    expect(events).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  it("stops what was started when a later module fails to start", async () => {
    const events: string[] = [];
    const supervisor = createSupervisor([recorded("a", events), recorded("b", events, true), recorded("c", events)], logger);
    await expect(supervisor.start()).rejects.toThrow("cannot");
    expect(events).toEqual(["start a", "start b", "stop a"]);
  });
});
