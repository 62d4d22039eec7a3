import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "./event-log.ts";
import { BATCH_BYTES, BATCH_RECORDS, RecordRun } from "./record-run.ts";

const record = (offset: number, bytes = 1): LogRecord => ({ topic: "actions", partition: 0, offset, key: "acme/a", timestampMs: 0, value: new Uint8Array(bytes) });
const offsets = (records: readonly LogRecord[]): number[] => records.map(({ offset }) => offset);
const filled = (count: number, bytes = 1): RecordRun => {
  const run = new RecordRun(0);
  for (let offset = 0; offset < count; offset++) run.push(record(offset, bytes));
  return run;
};

describe("record run", () => {
  it("behaves as a plain array of offsets under any mix of pushing, dropping and cutting", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), count: fc.nat(3_000) }),
      fc.record({ kind: fc.constant("drop" as const), count: fc.nat(3_000) }),
      fc.record({ kind: fc.constant("cut" as const), count: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.nat(100), fc.array(step, { maxLength: 12 }), (start, steps) => {
        const run = new RecordRun(start);
        let model: number[] = [];
        let high = start;
        for (const { kind, count } of steps) {
          if (kind === "push") {
            for (let i = 0; i < count; i++) {
              run.push(record(high));
              model.push(high++);
            }
          } else if (kind === "drop") {
            run.dropFirst(count);
            model = model.slice(count);
          } else {
            high = Math.max(model[0] ?? high, high - count);
            run.truncate(high);
            model = model.filter((offset) => offset < high);
          }
          expect([run.low, run.high, run.length]).toEqual([model[0] ?? high, high, model.length]);
          const position = model[model.length >> 1] ?? high;
          expect(offsets(run.batch(position))).toEqual(model.filter((offset) => offset >= position).slice(0, BATCH_RECORDS));
          expect(offsets(run.from(position))).toEqual(model.filter((offset) => offset >= position));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("ends a batch at the bound of records", () => {
    expect(filled(BATCH_RECORDS + 1).batch(0).length).toBe(BATCH_RECORDS);
    expect(filled(BATCH_RECORDS).batch(0).length).toBe(BATCH_RECORDS);
  });

  it("ends a batch once it has the bound of bytes, and hands over a larger record alone", () => {
    expect(filled(10, BATCH_BYTES / 4).batch(0).length).toBe(4);
    expect(filled(10, BATCH_BYTES / 4 - 1).batch(0).length).toBe(5);
    expect(filled(2, BATCH_BYTES * 3).batch(0).length).toBe(1);
  });
});
