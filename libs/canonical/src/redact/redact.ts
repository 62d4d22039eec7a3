/** Takes secrets out of free text, JSON, shell commands, URLs and headers before anything is sent or stored. */
import { findFormats, findPrivateKeys } from "./formats.ts";
import { findKeyed } from "./keyed.ts";
import { longRuns } from "./long-runs.ts";
import { hintsOf, type Hints } from "./prefilter.ts";
import { findInRuns, findKnown } from "./runs.ts";
import { Findings, replaceSpans, type Secret } from "./spans.ts";
import { findCommandPasswords, findUserinfo } from "./userinfo.ts";

export type { Secret } from "./spans.ts";

export interface RedactOptions {
  /** Whether a text is a registered credential's secret: it is redacted wherever it stands. */
  known?: (text: string) => boolean;
  /** Candidates that `known` is asked about in one text; default `MAX_CANDIDATES`. */
  maxCandidates?: number;
}

export interface Redaction {
  /** The text with every secret replaced by `[redacted:kind]`. */
  text: string;
  /** SHA-256 of the secrets of at least 128 bits; passwords never appear here. */
  secrets: Secret[];
  /** Users whose password was redacted: what stands for a password in the log. */
  principals: string[];
  /** Stretches replaced. */
  redactions: number;
  /** Candidates beyond the bound, which `known` was not asked about. */
  unchecked: number;
}

/** Candidates asked about per text unless the caller says otherwise; each costs up to three SHA-256 (about 1.5 µs). */
export const MAX_CANDIDATES = 32;
/** A replacement can bring two halves together; in practice the second pass finds nothing. */
const MAX_PASSES = 4;

/**
 * Redacts one text. Linear in its length, idempotent, never throws. Text that was cut off inside a secret is redacted to its end.
 */
export function redact(text: string, options: RedactOptions = {}): Redaction {
  return redactHinted(text, options, hintsOf);
}

/** As `redact`, with the prefilter as an argument, so that a test can hold it to finding nothing less than no prefilter. */
export function redactHinted(text: string, options: RedactOptions, hintsFor: (text: string) => Hints): Redaction {
  const hints = hintsFor(text);
  if (!hints.run && !hints.word && !hints.userinfo) return { text, secrets: [], principals: [], redactions: 0, unchecked: 0 };
  const findings = new Findings();
  let current = text;
  let redactions = 0;
  let unchecked = 0;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    unchecked = Math.max(unchecked, find(current, pass === 0 ? hints : hintsFor(current), options, findings, true));
    if (findings.spans.length === 0) break;
    const result = replaceSpans(current, findings.spans.splice(0));
    current = result.text;
    redactions += result.replaced;
  }
  return { text: current, secrets: [...findings.secrets.values()], principals: [...findings.principals], redactions, unchecked };
}

/** Runs the finders that the hints call for; returns the candidates left unasked. */
function find(text: string, hints: Hints, options: RedactOptions, findings: Findings, decode: boolean): number {
  if (hints.word) {
    findPrivateKeys(text, findings);
    findKeyed(text, findings);
    findCommandPasswords(text, findings);
  }
  if (hints.userinfo) findUserinfo(text, findings);
  if (!hints.run) return 0;
  const runs = longRuns(text);
  findFormats(text, runs, findings);
  findInRuns(text, runs, (decoded) => decode && holdsSecret(decoded, options, findings), findings);
  return options.known === undefined ? 0 : findKnown(text, runs, options.known, options.maxCandidates ?? MAX_CANDIDATES, findings);
}

/** Looks for secrets in decoded text: their hashes and principals count, their places do not. One level deep. */
function holdsSecret(decoded: string, options: RedactOptions, findings: Findings): boolean {
  const hints = hintsOf(decoded);
  if (!hints.run && !hints.word && !hints.userinfo) return false;
  const inner = new Findings();
  find(decoded, hints, options, inner, false);
  for (const secret of inner.secrets.values()) findings.secrets.set(secret.sha256, secret);
  for (const principal of inner.principals) findings.principals.add(principal);
  return inner.spans.length > 0;
}
