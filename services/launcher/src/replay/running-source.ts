/** A running instance, asked through its admin API: the log belongs to it. */
import { adminClient } from "../commands/admin-client.ts";
import type { GlobalOptions } from "../commands/options.ts";
import { actionOf, inTime, type RecordedAction, type Stated, statedOf, type Unreadable } from "./recorded.ts";
import { readRecordLine } from "./record-line.ts";
import { type Source, STATED_TOPICS } from "./source.ts";

/** Records of a run. */
const RUN = 256;

/** @throws TL_NOT_RUNNING where no instance answers */
export async function openRunning(options: GlobalOptions, unreadable: Unreadable): Promise<Source> {
  const client = adminClient(options);
  // Who does not answer this does not answer what follows: only now another source can still be chosen.
  const { actions: of } = await client.get<{ actions?: number }>("/v1/records/ends");
  let done = 0;
  return {
    name: "the running instance",
    stated: async () => {
      const stated: Stated[] = [];
      for (const topic of STATED_TOPICS) {
        for await (const text of client.lines(`/v1/records?topic=${topic}`)) {
          const line = readRecordLine(text);
          if (line === null || line.undecodable !== null) unreadable.add(topic, line?.undecodable ?? "not-json");
          const one = line === null || line.undecodable !== null ? null : statedOf(topic, line.bytes, line.receiveMs, unreadable);
          if (one !== null) stated.push(one);
        }
      }
      return inTime(stated);
    },
    async *actions() {
      let run: RecordedAction[] = [];
      for await (const text of client.lines("/v1/records?topic=actions&order=received")) {
        done += 1;
        const line = readRecordLine(text);
        if (line === null || line.undecodable !== null) {
          unreadable.add("actions", line?.undecodable ?? "not-json");
          continue;
        }
        const action = actionOf(line.bytes, unreadable);
        if (action === null) continue;
        run.push({ kind: "action", action, receiveMs: line.receiveMs, ...(line.partition === null ? {} : { partition: line.partition }) });
        if (run.length < RUN) continue;
        yield run;
        run = [];
      }
      yield run;
    },
    progress: () => (of === undefined || of === 0 ? null : { done, of }),
    close: () => Promise.resolve(),
  };
}
