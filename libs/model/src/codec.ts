/**
 * Records on the wire and at rest: UTF-8 JSON with its schema version in `v`. JSON, because Node's parser is not the
 * bottleneck (measured: within 1.5 × of the fastest binary codec) and every operator can read it. Actions, of which there are a
 * thousand to every other record, have a compact form beside it (see `stored-action.ts`).
 */
import { Compile } from "typebox/compile";
import { LIMITS } from "./limits.ts";
import { readAction } from "./read-action.ts";
import { FORMAT } from "./stored-action.ts";
import { TOPICS, type PayloadOf, type Topic } from "./topics.ts";

export type Decoded<T> = { ok: true; value: T } | { ok: false; reason: "not-json" | "unknown-version" | "not-valid"; detail: string };

export function encode<T extends Topic>(_topic: T, value: PayloadOf<T>): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(value));
  if (bytes.length > LIMITS.recordBytes) throw new RangeError(`record of ${bytes.length} bytes exceeds ${LIMITS.recordBytes}`);
  return bytes;
}

/** Decodes and validates one record. A failure is a value, so that the caller must choose: dead-letter it, or count it. */
export function decode<T extends Topic>(topic: T, bytes: Uint8Array): Decoded<PayloadOf<T>> {
  if (topic === "actions" && bytes[0] === FORMAT) return readAction(bytes) as Decoded<PayloadOf<T>>;
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    return { ok: false, reason: "not-json", detail: error instanceof Error ? error.name : "unknown" };
  }
  if (typeof value !== "object" || value === null || !("v" in value) || value.v !== 1) {
    return { ok: false, reason: "unknown-version", detail: `topic ${topic}` };
  }
  const validator = validatorOf(topic);
  if (validator.Check(value)) return { ok: true, value: value as PayloadOf<T> };
  const first = validator.Errors(value)[0];
  return { ok: false, reason: "not-valid", detail: first === undefined ? "" : `${first.instancePath} ${first.message}`.slice(0, 200) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const validators = new Map<Topic, ReturnType<typeof Compile>>();

function validatorOf(topic: Topic) {
  let validator = validators.get(topic);
  if (validator === undefined) {
    const spec = TOPICS.get(topic);
    if (spec === undefined) throw new RangeError(`unknown topic ${topic}`);
    validator = Compile(spec.payload);
    validators.set(topic, validator);
  }
  return validator;
}
