/** From the bytes of one request to facts in the log. */
import type { Step } from "@tripline/runtime";
import type { Batch, StepDeps } from "./batch.ts";
import { append } from "./steps/append.ts";
import { decode } from "./steps/decode.ts";
import { identify } from "./steps/identify.ts";
import { map } from "./steps/map.ts";
import { redact } from "./steps/redact.ts";

export const PIPELINE: readonly Step<Batch, StepDeps>[] = [decode, map, identify, redact, append];
