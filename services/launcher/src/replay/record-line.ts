/** A record as a line of JSON, as `tripline export`, `tripline tail --json` and the admin API write it. */
import type { LogRecord } from "@tripline/event-log";
import { decode, type Topic } from "@tripline/model";

export interface RecordLine {
  readonly topic: string;
  readonly partition: number | null;
  readonly receiveMs: number;
  /** JSON of the record. */
  readonly bytes: Uint8Array;
  /** Why whoever wrote the line could not decode the record; null where it could. */
  readonly undecodable: string | null;
}

const VALUE = ',"value":';
const UNDECODABLE = '{"undecodable":';
/** Topic, partition, offset, key and time are shorter: past that nothing is looked for. */
const HEAD_CHARS = 4_096;

/** Null for a line that is no record. The record's own text is not parsed here: that is half of what reading a long log costs. */
export function readRecordLine(line: string): RecordLine | null {
  const at = line.indexOf(VALUE);
  const head = at > 0 && at < HEAD_CHARS && line.endsWith("}") ? parsed(`${line.slice(0, at)}}`) : null;
  // Another order of keys, or one of them in a key's text: then all of it is parsed.
  if (head !== null && typeof head["timestampMs"] === "number") return recordLine(head, line.slice(at + VALUE.length, -1));
  const whole = parsed(line);
  return whole === null || whole["value"] === undefined ? null : recordLine(whole, JSON.stringify(whole["value"]));
}

type Json = Readonly<Record<string, unknown>>;

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

function recordLine({ topic, partition, timestampMs }: Json, value: string): RecordLine | null {
  if (typeof topic !== "string" || typeof timestampMs !== "number" || !Number.isFinite(timestampMs)) return null;
  const reason = value.startsWith(UNDECODABLE) ? parsed(value)?.["undecodable"] : undefined;
  return {
    topic,
    partition: typeof partition === "number" && Number.isInteger(partition) && partition >= 0 ? partition : null,
    receiveMs: timestampMs,
    bytes: Buffer.from(value),
    undecodable: typeof reason === "string" ? reason.slice(0, 64) : null,
  };
}

export function writeRecordLine({ topic, partition, offset, key, timestampMs, value }: LogRecord): string {
  const head = JSON.stringify({ topic, partition, offset, key, timestampMs });
  return `${head.slice(0, -1)},"value":${textOf(topic, value)}}`;
}

const OPENING_BRACE = 0x7b;

/** The record as JSON, which most are stored as; of one that cannot be decoded, why. */
function textOf(topic: Topic, value: Uint8Array): string {
  if (value[0] === OPENING_BRACE) return Buffer.from(value).toString("utf8");
  const decoded = decode(topic, value);
  return JSON.stringify(decoded.ok ? decoded.value : { undecodable: decoded.reason });
}
