import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDetector } from "@tripline/detector";
import { openMemoryLog } from "@tripline/event-log";
import { agentKey, decode, encode, type Action } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Recorded, recordsOf, TENANT } from "./actions.ts";
import { Judge, RUN_MS } from "./judge.ts";
import { Pace } from "./replayed.ts";
import type { Call, Session } from "./sessions.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tripline-service-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const call = (tool: string, args: Record<string, unknown>, provenance: Call["provenance"] = {}): Call => ({ tool, args, provenance, atMs: null, status: "ok", outputBytes: 1 });
const session = (id: string, ...calls: readonly Call[]): Session => ({ id, agent: "clerk", runtime: null, task: "keep the books", calls });

const HISTORY = Array.from({ length: 40 }, (_, index) => session(`h${index}`, call("Bash", { command: "ls" }), call("send_mail", { to: "ana@example.com" }, { to: "task" }), call("Bash", { command: `rm build/${index}` })));
/** A burst, new tools with values out of tool output, and at the end what trips. */
const TESTED = [
  session("t1", ...Array.from({ length: 12 }, (_, index) => call("Bash", { command: `rm -rf cache/part${index}` }))),
  session("t2", ...Array.from({ length: 6 }, (_, index) => call(`transfer_${index}`, { account: `ZZ0000${index}` }, { account: "tool-output" }))),
  session("t3", call("Bash", { command: "dropdb shop" })),
];

interface Timed {
  readonly action: Action;
  readonly atMs: number;
}

/** Everything that the judge is given, in order, with its rules. */
function judgedAlone(): { records: Timed[]; rules: string[] } {
  const [judge, pace] = [new Judge("clerk"), new Pace()];
  const records: Timed[] = [];
  const rules: string[] = [];
  const noting = {
    judge(recorded: Recorded, atMs: number) {
      records.push({ action: recorded.attempt, atMs }, { action: recorded.result, atMs: atMs + RUN_MS });
      return judge.judge(recorded, atMs);
    },
  } as Judge;
  for (const one of [...HISTORY, ...TESTED]) rules.push(...pace.replay(noting, recordsOf(one)).flatMap((judged) => judged.rules));
  return { records, rules };
}

describe("the judge", () => {
  it("finds what the running detector service finds in the same records", async () => {
    const { records, rules } = judgedAlone();
    let nowMs = records[0]!.atMs;
    const metrics = createMetrics();
    const eventLog = await openMemoryLog({ partitions: 1 }, { metrics, clock: () => nowMs });
    const store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics });
    const detector = createDetector({ eventLog, store, metrics, logger: createLogger({ level: "error", name: "quality" }), clock: () => nowMs });
    const found: string[] = [];
    await detector.start();
    await eventLog.read("findings", { from: "start" }, async (batch) => {
      for (const { value } of batch) {
        const decoded = decode("findings", value);
        found.push(decoded.ok ? decoded.value.rule : decoded.detail);
      }
    });
    try {
      for (const { action, atMs } of records) {
        nowMs = atMs;
        await eventLog.append("actions", [{ key: agentKey(TENANT, "clerk"), value: encode("actions", { ...action, eventMs: atMs }) }]);
        await eventLog.idle();
      }
    } finally {
      await detector.stop();
      await eventLog.close();
      await store.close();
    }
    expect(found).toEqual(rules);
    expect(new Set(rules).size).toBeGreaterThan(2);
  });
});
