/** From the bytes of one request to facts in the log. */
import type { Pipeline } from "./batch.ts";
import { append } from "./steps/append.ts";
import { decode } from "./steps/decode.ts";
import { encode } from "./steps/encode.ts";
import { identify } from "./steps/identify.ts";
import { map } from "./steps/map.ts";
import { redact } from "./steps/redact.ts";

export const PIPELINE: Pipeline = [decode, map, identify, redact, encode, append];
