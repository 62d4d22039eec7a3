/** Decodes and judges its share of the partitions, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { countsOf, prepareClassifiers } from "@tripline/core";
import { Judging } from "./judging.ts";
import { actionOf, Unreadable } from "./recorded.ts";
import type { SharePart, ShareReply, ShareStart } from "./shares.ts";

const { options, stated } = workerData as ShareStart;
const judging = new Judging(options, stated);
const unreadable = new Unreadable();

function judgeAll({ values, ends, receiveMs, partitions }: SharePart): void {
  let start = 0;
  for (let at = 0; at < ends.length; at += 1) {
    const end = ends[at]!;
    const action = actionOf(values.subarray(start, end), unreadable);
    start = end;
    if (action !== null) judging.judge({ kind: "action", action, receiveMs: receiveMs[at]!, partition: partitions[at]! });
  }
}

function reply(message: ShareReply): void {
  parentPort?.postMessage(message, []);
}

await prepareClassifiers();
parentPort?.on("message", (part: SharePart | null) => {
  if (part !== null) {
    judgeAll(part);
    reply({ kind: "judged", actions: part.ends.length, bytes: part.values.byteLength });
    return;
  }
  judging.end();
  reply({ kind: "ended", counts: judging.tallies.map((tally) => countsOf([tally])), unreadable: unreadable.counts });
  parentPort?.close();
});
