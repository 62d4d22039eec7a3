/** Redaction of the texts of one action after the other, gathering the secrets it meets on the way. */
import { cut, isCleanAscii, redact, sha256Hex } from "@tripline/canonical";
import { LIMITS, type Action, type AsciiRange, type StorableCaptured } from "@tripline/model";
import type { ActionDraft, DraftValue, TextRange } from "@tripline/semconv";
import { agentNames } from "./agent-names.ts";
import type { StepDeps } from "./batch.ts";
import { cleanCallIds } from "./call-ids.ts";
import { VALUE_CHARS } from "./limits.ts";

export type RedactorDeps = Pick<StepDeps, "knownSecret" | "names" | "counters">;

export interface Redactor {
  /**
   * Looks at the call ids of the next actions, in their order. All together, since hashing one after another takes a third of the
   * time that hashing takes between other work (measured).
   */
  expect(callIds: readonly (string | null)[]): void;
  /** Forgets the secrets met so far: the next action begins. */
  begin(): void;
  /** A redacted text that is likely to come again (see `CleanNames`), of at most `chars` characters. */
  name(value: string | null, chars: number): string | null;
  mustName(value: string, chars: number): string;
  /** As `name`, for what the actions of a request have in common. */
  session(value: string | null): string | null;
  environment(value: string | null): string | null;
  /** The agent of the action, each of its names redacted. */
  agent(given: ActionDraft["agent"], id: string): Action["agent"];
  /** The call id of the action in hand. What only an id looks like is compared with the registered credentials; all else is redacted. */
  callId(value: string, chars: number): string;
  /** A redacted text of at most `chars` characters. */
  text(value: string | null, chars: number): string | null;
  /** The same for a text that is there, never null. */
  must(value: string, chars: number): string;
  /** A text whose secrets count as credentials in use. Whether one of this action was cut is told by `cut`. */
  used(value: string, chars: number): string;
  /** A captured value; `inUse` as in `used`. */
  capture(value: DraftValue | null, inUse: boolean): StorableCaptured | null;
  cut(): boolean;
  /** Secrets and principals of everything in use so far. */
  readonly secrets: ReadonlySet<string>;
  readonly principals: ReadonlySet<string>;
}

/** Recognises the tenant's registered credentials, whatever their form. */
export function createRedactor(tenant: string, { knownSecret, names, counters }: RedactorDeps): Redactor {
  const known = (text: string) => knownSecret(tenant, text);
  const secrets = new Set<string>();
  const principals = new Set<string>();
  const options = { known };
  let wasCut = false;
  names.refresh();
  const cleaned = (value: string, inUse: boolean) => {
    const redaction = redact(value, options);
    if (inUse) {
      for (const secret of redaction.secrets) secrets.add(secret.sha256);
      for (const principal of redaction.principals) principals.add(principal);
    }
    return redaction.text;
  };
  const bounded = (value: string, chars: number) => {
    const text = cleaned(within(value, counters), false);
    return text.length <= chars ? text : cut(text, chars);
  };
  const name = (value: string, chars: number) => {
    if (value.length <= chars && names.has(tenant, value)) return value;
    const text = bounded(value, chars);
    if (text === value) names.add(tenant, value);
    return text;
  };
  const callIds = cleanCallIds(known);
  return {
    secrets,
    principals,
    expect: (ids) => callIds.expect(ids),
    begin() {
      callIds.begin();
      wasCut = false;
      if (secrets.size > 0) secrets.clear();
      if (principals.size > 0) principals.clear();
    },
    name: (value, chars) => (value === null ? null : name(value, chars)),
    mustName: name,
    session: lasting((value) => name(value, LIMITS.idChars)),
    environment: lasting((value) => name(value, LIMITS.nameChars)),
    agent: agentNames((value) => name(value, LIMITS.nameChars)),
    callId: (value, chars) => (callIds.isClean() ? value : bounded(value, chars)),
    text: (value, chars) => (value === null ? null : bounded(value, chars)),
    must: (value, chars) => bounded(value, chars),
    cut: () => wasCut,
    used(value, chars) {
      const text = cleaned(within(value, counters), true);
      if (text.length <= chars && value.length <= VALUE_CHARS) return text;
      if (!wasCut) counters.truncated("request");
      wasCut = true;
      return cut(text, chars);
    },
    capture(value, inUse) {
      if (value === null) return null;
      const { range } = value;
      if (range !== undefined && isKeptAsItLies(value, range) && isCleanAscii(range.bytes, range.start, range.end)) return new CleanCapture(range);
      const given = value.text;
      const redacted = cleaned(within(given, counters), inUse);
      const long = redacted.length > LIMITS.captureChars;
      return {
        text: long ? cut(redacted, LIMITS.captureChars) : redacted,
        fullBytes: value.fullBytes ?? Buffer.byteLength(given),
        truncated: long || value.truncated || given.length > VALUE_CHARS,
        // A sender that cut the value knows the digest of the whole; of what is whole here, ours counts: readers make it.
        digest: value.truncated && value.digest !== null && SHA256_HEX.test(value.digest) ? value.digest : long ? sha256Hex(redacted) : null,
      };
    },
  };
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Does not ask `clean` again about the text before, if that was clean. */
function lasting(clean: (value: string) => string): (value: string | null) => string | null {
  let before: string | null = null;
  return (value) => {
    if (value === null || value === before) return value;
    const text = clean(value);
    if (text === value) before = value;
    return text;
  };
}

/** A value of which all is kept, and of which the sender says nothing but its text. */
function isKeptAsItLies({ truncated, fullBytes, digest }: DraftValue, range: TextRange): boolean {
  return range.end - range.start <= LIMITS.captureChars && !truncated && fullBytes === null && digest === null;
}

/** A captured value in which there is nothing to redact. Its text is made for whoever needs it: the record is written without. */
class CleanCapture implements StorableCaptured {
  readonly fullBytes: number;
  readonly truncated = false;
  readonly digest = null;
  readonly ascii: AsciiRange;

  constructor(ascii: AsciiRange) {
    this.ascii = ascii;
    this.fullBytes = ascii.end - ascii.start;
  }

  get text(): string {
    const { bytes, start, end } = this.ascii;
    return bytes.toString("latin1", start, end);
  }
}

function within(value: string, counters: Pick<StepDeps["counters"], "truncated">): string {
  if (value.length <= VALUE_CHARS) return value;
  counters.truncated("value");
  return cut(value, VALUE_CHARS);
}

