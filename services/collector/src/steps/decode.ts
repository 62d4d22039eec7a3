/** Bytes to items. The whole body is read before anything is stored, so a malformed one leaves nothing behind. */
import { dead, next, type Step } from "@tripline/runtime";
import { READ_LIMITS, readOtlp, type ReadProblem } from "@tripline/semconv";
import type { ErrorCode } from "@tripline/model";
import type { Batch, StepDeps } from "../batch.ts";
import { slices } from "../slices.ts";

const CODES: Readonly<Record<ReadProblem, ErrorCode>> = {
  malformed: "TL_INGEST_MALFORMED",
  "too-deep": "TL_INGEST_TOO_DEEP",
  "too-many": "TL_INGEST_TOO_MANY",
};

export const decode: Step<Batch, StepDeps> = {
  name: "decode",
  async run(batch, { limits }) {
    const bounds = { ...READ_LIMITS, items: limits.items, attributes: limits.attributes, depth: limits.depth };
    const reading = readOtlp(batch.signal, batch.encoding, batch.body.bytes, bounds);
    const slice = slices();
    let step = reading.next();
    while (step.done !== true) {
      if (slice.due()) await slice.pause();
      step = reading.next();
    }
    const result = step.value;
    return result.ok ? next({ ...batch, items: result.items }) : dead(CODES[result.reason], result.detail);
  },
};
