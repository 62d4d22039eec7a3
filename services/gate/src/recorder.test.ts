import { Registry } from "@tripline/core";
import type { EventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { readCall } from "./doors/decide/read-call.ts";
import { type GateLimits, LIMITS } from "./limits.ts";
import { createLookThrough } from "./look-through.ts";
import { actionOf } from "./record.ts";
import { createRecorder } from "./recorder.ts";

const READ = { kind: "allow", by: "read", reason: "It only reads.", verdict: null, probes: false, durableFirst: false } as const;
const REFUSED = { kind: "deny", by: "grant", reason: "No.", verdict: null, findings: [] } as const;
const action = (callId: string) => actionOf({ tenant: "acme", agent: "coder", leaseId: null }, readCall({ callId, tool: "read_file", arguments: { path: "a.ts" } }), 1);
const idsOf = (records: Parameters<EventLog["append"]>[1]): string[] => records.map(({ value }) => (JSON.parse(new TextDecoder().decode(value)) as { callId: string }).callId);

function recorderOver(append: (ids: string[]) => Promise<unknown>, limits: Partial<GateLimits> = {}) {
  const metrics = createMetrics();
  const eventLog = { append: (_topic: unknown, records: Parameters<EventLog["append"]>[1]) => append(idsOf(records)) } as unknown as EventLog;
  const recorder = createRecorder({ eventLog, metrics, logger: createLogger({ level: "silent", name: "test" }), limits: { ...LIMITS, ...limits }, lookThrough: createLookThrough(new Registry(), () => () => false) });
  const counted = async (series: string): Promise<number> => Number((await metrics.render()).split("\n").find((line) => line.startsWith(`${series} `))?.split(" ")[1] ?? 0);
  return { recorder, counted, lost: (reason: string) => counted(`tripline_gate_records_lost_total{reason="${reason}"}`), read: async (callId: string) => recorder.trail(action(callId), READ, null) };
}

const refusals = { code: "TL_GATE_UNAVAILABLE", message: expect.stringContaining("wait for the event log") as string };

describe("records that trail", () => {
  it("are appended after the answer, those of one turn together, each once and in order", async () => {
    const batches: string[][] = [];
    const { read } = recorderOver(async (ids) => void batches.push(ids));
    for (let call = 0; call < 10; call += 1) await read(`call-${call}`);
    expect(batches).toEqual([]);
    await vi.waitFor(() => expect(batches.flat()).toEqual(Array.from({ length: 10 }, (_, call) => `call-${call}`)));
    expect(batches.length).toBeLessThan(10);
  });

  it("are kept and appended again, in order, where the log did not take them", async () => {
    let isAway = true;
    const taken: string[] = [];
    const { read, recorder, lost } = recorderOver(async (ids) => {
      if (isAway) throw new TriplineError("TL_LOG_UNAVAILABLE");
      taken.push(...ids);
    });
    for (let call = 0; call < 3; call += 1) await read(`call-${call}`);
    await sleep(20);
    await read("call-3");
    isAway = false;
    await vi.waitFor(() => expect(taken).toEqual(["call-0", "call-1", "call-2", "call-3"]));
    await recorder.close();
    expect(await lost("TL_LOG_UNAVAILABLE")).toBe(0);
  });

  it("are lost and counted where the log never takes them, and only those", async () => {
    const taken: string[] = [];
    const { read, recorder, lost } = recorderOver(async (ids) => {
      if (ids.includes("call-1")) throw new TriplineError("TL_LOG_RECORD_SIZE");
      taken.push(...ids);
    });
    for (let call = 0; call < 3; call += 1) await read(`call-${call}`);
    await recorder.close();
    expect([taken, await lost("TL_LOG_RECORD_SIZE")]).toEqual([["call-0", "call-2"], 1]);
  });

  it("are in the log before the gate has stopped; of those that the log does not take by then it is told", async () => {
    const taken: string[] = [];
    const answering = recorderOver(async (ids) => void (await sleep(5), taken.push(...ids)));
    await answering.read("call-0");
    await answering.recorder.close();
    expect(taken).toEqual(["call-0"]);
    const silent = recorderOver(() => new Promise(() => undefined), { recordTimeoutMs: 10 });
    await silent.read("call-0");
    await silent.recorder.close();
    expect(await silent.lost("TL_LOG_UNAVAILABLE")).toBe(1);
  });
});

describe("beyond the bound of records that trail", () => {
  it("a read waits for the log, and passes once that has taken one", async () => {
    const silent = Promise.withResolvers<void>();
    const taken: string[] = [];
    const { read, recorder } = recorderOver(async (ids) => {
      await silent.promise;
      taken.push(...ids);
    }, { trailingRecords: 2 });
    await Promise.all([read("call-0"), read("call-1")]);
    let passed = false;
    const third = read("call-2").then(() => (passed = true));
    await sleep(20);
    expect(passed).toBe(false);
    silent.resolve();
    await third;
    await recorder.close();
    expect(taken).toEqual(["call-0", "call-1", "call-2"]);
  });

  it.each([["records", { trailingRecords: 2 }], ["bytes", { trailingBytes: 100 }]])("of %s, a read is refused after its time and counted, and all that passed is on record", async (_what, limits) => {
    const silent = Promise.withResolvers<void>();
    const taken: string[] = [];
    const { read, recorder, counted } = recorderOver(async (ids) => {
      await silent.promise;
      taken.push(...ids);
    }, { ...limits, recordTimeoutMs: 10 });
    const passed: string[] = [];
    for (let call = 0; call < 6; call += 1) {
      await read(`call-${call}`).then(() => passed.push(`call-${call}`), (error: unknown) => expect(error).toMatchObject(refusals));
      await sleep(5);
    }
    expect(passed.length).toBeLessThan(6);
    expect(await counted("tripline_gate_reads_unrecordable_total")).toBe(6 - passed.length);
    silent.resolve();
    await recorder.close();
    expect(taken).toEqual(passed);
  });

  it("no more wait than may, and none once the gate stops", async () => {
    const { read, recorder } = recorderOver(() => new Promise(() => undefined), { trailingRecords: 1, trailingWaiting: 1, recordTimeoutMs: 30 });
    await read("call-0");
    const waits = read("call-1").catch((error: unknown) => error);
    await expect(read("call-2")).rejects.toMatchObject(refusals);
    await recorder.close();
    expect(await waits).toMatchObject(refusals);
    await expect(read("call-3")).rejects.toMatchObject(refusals);
    const stopped = recorderOver(() => Promise.resolve());
    await stopped.recorder.close();
    await expect(stopped.read("call-0")).rejects.toMatchObject(refusals);
  });

  it("refusals are answered at once, take half of the room, and are counted where they find none", async () => {
    const { read, recorder, lost } = recorderOver(() => new Promise(() => undefined), { trailingRecords: 4 });
    for (let call = 0; call < 5; call += 1) expect(recorder.trail(action(`refused-${call}`), REFUSED, null)).toBeNull();
    expect(await lost("too-many-waiting")).toBe(3);
    await Promise.all([read("call-0"), read("call-1")]);
  });
});
