import { Registry } from "@tripline/core";
import type { EventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { readCall } from "./doors/decide/read-call.ts";
import { LIMITS } from "./limits.ts";
import { createLookThrough } from "./look-through.ts";
import { actionOf } from "./record.ts";
import { createRecorder } from "./recorder.ts";
import { Trailing } from "./trailing.ts";

const READ = { kind: "allow", by: "read", reason: "It only reads.", verdict: null, probes: false, durableFirst: false } as const;
const action = (callId: string) => actionOf({ tenant: "acme", agent: "coder", leaseId: null }, readCall({ callId, tool: "read_file", arguments: { path: "a.ts" } }), 1);

function recorderOver(append: EventLog["append"], trailingRecords: number = LIMITS.trailingRecords) {
  const metrics = createMetrics();
  const record = createRecorder({ eventLog: { append } as EventLog, metrics, logger: createLogger({ level: "silent", name: "test" }), limits: { ...LIMITS, trailingRecords }, lookThrough: createLookThrough(new Registry(), () => () => false) }, new Trailing());
  const lost = async (reason: string): Promise<number> => Number(new RegExp(`tripline_gate_records_lost_total\\{reason="${reason}"\\} (\\d+)`).exec(await metrics.render())?.[1] ?? 0);
  return { record, lost };
}

describe("records that trail", () => {
  it("are appended after the answer, those of one turn together, each once and in order", async () => {
    const batches: string[][] = [];
    const { record } = recorderOver(async (_topic, records) => {
      batches.push(records.map(({ value }) => (JSON.parse(new TextDecoder().decode(value)) as { callId: string }).callId));
      return [];
    });
    for (let call = 0; call < 10; call += 1) record.trail(action(`call-${call}`), READ, null);
    expect(batches).toEqual([]);
    await vi.waitFor(() => expect(batches.flat()).toEqual(Array.from({ length: 10 }, (_, call) => `call-${call}`)));
    expect(batches.length).toBeLessThan(10);
  });

  it("are counted, each of a batch, where the log does not take them", async () => {
    const { record, lost } = recorderOver(() => Promise.reject(new TriplineError("TL_LOG_FULL")));
    for (let call = 0; call < 3; call += 1) record.trail(action(`call-${call}`), READ, null);
    await vi.waitFor(async () => expect(await lost("TL_LOG_FULL")).toBe(3));
  });

  it("are bounded while the log is silent, and go on when it answers again", async () => {
    const silent = Promise.withResolvers<never[]>();
    let appended = 0;
    const { record, lost } = recorderOver((_topic, records) => {
      appended += records.length;
      return silent.promise;
    }, 2);
    for (let call = 0; call < 5; call += 1) record.trail(action(`call-${call}`), READ, null);
    await vi.waitFor(async () => expect([appended, await lost("too-many-waiting")]).toEqual([2, 3]));
    silent.resolve([]);
    await sleep(1);
    record.trail(action("after"), READ, null);
    await vi.waitFor(() => expect(appended).toBe(3));
  });
});
