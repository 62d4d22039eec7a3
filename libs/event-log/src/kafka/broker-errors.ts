/** Error codes of single partitions in a broker's answer, and what each means for what was asked. */
export type ProduceVerdict =
  | "appended"
  /** Not written: ask who leads, and try again. */
  | "not-leader"
  /** Not written, or not by enough replicas; try again. */
  | "retry"
  /** Never: the record or the topic's configuration does not allow it. */
  | "refused";

const NOT_LEADER = new Set([3 /* unknown topic or partition */, 5 /* no leader */, 6 /* not leader */, 56 /* storage error */, 74 /* fenced leader epoch */, 75 /* unknown leader epoch */, 100 /* unknown topic id */]);
const REFUSED = new Map([
  [10, "MESSAGE_TOO_LARGE"],
  [17, "INVALID_TOPIC"],
  [18, "RECORD_LIST_TOO_LARGE"],
  [29, "TOPIC_AUTHORIZATION_FAILED"],
  [32, "INVALID_TIMESTAMP"],
  [44, "POLICY_VIOLATION"],
  [76, "UNSUPPORTED_COMPRESSION"],
  [87, "INVALID_RECORD"],
]);

export const OFFSET_OUT_OF_RANGE = 1;

export function verdictOfProduce(code: number): ProduceVerdict {
  if (code === 0) return "appended";
  if (NOT_LEADER.has(code)) return "not-leader";
  return REFUSED.has(code) ? "refused" : "retry";
}

export const isLeadership = (code: number): boolean => NOT_LEADER.has(code);

/** For labels and details: the name of a refusal, else the number. */
export const nameOfCode = (code: number): string => REFUSED.get(code) ?? `code ${code}`;
