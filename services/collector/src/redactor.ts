/** Redaction of one action's texts, gathering the secrets it meets on the way. */
import { cut, redact, sha256Hex, utf8Bytes } from "@tripline/canonical";
import { LIMITS, type Captured } from "@tripline/model";
import type { DraftValue } from "@tripline/semconv";
import type { StepDeps } from "./batch.ts";
import { VALUE_CHARS } from "./limits.ts";

export interface Redactor {
  /** A redacted text of at most `chars` characters. */
  text(value: string | null, chars: number): string | null;
  /** The same for a text that is there, never null. */
  must(value: string, chars: number): string;
  /** A text whose secrets count as credentials in use. */
  used(value: string, chars: number): string;
  /** A captured value; `inUse` as in `used`. */
  capture(value: DraftValue | null, inUse: boolean): Captured | null;
  /** Secrets and principals of everything in use so far. */
  readonly secrets: ReadonlySet<string>;
  readonly principals: ReadonlySet<string>;
}

/** `known` recognises credentials of the inventory, whatever their form. */
export function createRedactor(known: (sha256: string) => boolean, counters: Pick<StepDeps["counters"], "truncated">): Redactor {
  const secrets = new Set<string>();
  const principals = new Set<string>();
  const clean = (value: string, inUse: boolean) => {
    const redaction = redact(value, { known });
    if (inUse) {
      for (const secret of redaction.secrets) secrets.add(secret.sha256);
      for (const principal of redaction.principals) principals.add(principal);
    }
    return redaction.text;
  };
  const bounded = (value: string, chars: number, inUse: boolean) => {
    const text = clean(within(value, counters), inUse);
    return text.length <= chars ? text : cut(text, chars);
  };
  return {
    secrets,
    principals,
    text: (value, chars) => (value === null ? null : bounded(value, chars, false)),
    must: (value, chars) => bounded(value, chars, false),
    used: (value, chars) => bounded(value, chars, true),
    capture(value, inUse) {
      if (value === null) return null;
      const redacted = clean(within(value.text, counters), inUse);
      const long = redacted.length > LIMITS.captureChars;
      return {
        text: long ? cut(redacted, LIMITS.captureChars) : redacted,
        fullBytes: value.fullBytes ?? utf8Bytes(value.text),
        truncated: long || value.truncated || value.text.length > VALUE_CHARS,
        // A sender that cut the value knows the digest of the whole; of what is whole here, ours counts.
        digest: value.truncated && value.digest !== null && SHA256_HEX.test(value.digest) ? value.digest : sha256Hex(redacted),
      };
    },
  };
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

function within(value: string, counters: Pick<StepDeps["counters"], "truncated">): string {
  if (value.length <= VALUE_CHARS) return value;
  counters.truncated("value");
  return cut(value, VALUE_CHARS);
}

