/** Ids that look like nothing else: UUIDs, trace and span ids, and the tool-call ids of the large model providers. */
export function isPlainId(value: string): boolean {
  for (const prefix of CALL_PREFIXES) if (value.startsWith(prefix)) return isLettersAndDigits(value, prefix.length);
  return HEX_ID.test(value);
}

const CALL_PREFIXES = ["call_", "toolu_", "tool_", "fc_"] as const;
const SHORTEST_CHARS = 8;
const LONGEST_CHARS = 48;
const HEX_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32})$/;

const LETTER_OR_DIGIT = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") LETTER_OR_DIGIT[char.charCodeAt(0)] = 1;

/** A loop, since the expression takes three times as long for what comes with every action. */
function isLettersAndDigits(value: string, from: number): boolean {
  const chars = value.length - from;
  if (chars < SHORTEST_CHARS || chars > LONGEST_CHARS) return false;
  for (let at = from; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code >= 128 || LETTER_OR_DIGIT[code] === 0) return false;
  }
  return true;
}
