/** Long runs of token characters: registered credentials, base64 that hides secrets, and what can only be random. */
import { sha256Hex } from "../hash.ts";
import { forEachMatch, type Run } from "./long-runs.ts";
import { looksRandom } from "./strength.ts";
import { plain, type Findings } from "./spans.ts";
import { decodeBase64 } from "./userinfo.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const RUN = /[A-Za-z0-9_-]{20,}/g;
const LONGEST_CANDIDATE_CHARS = 512;

/**
 * Asks `known` about every UUID and run, up to `limit` of them, and adds those that are registered credentials.
 * Returns how many candidates were left unasked.
 */
export function findKnown(text: string, runs: readonly Run[], known: (text: string) => boolean, limit: number, findings: Findings): number {
  const asked = new Set<string>();
  let unasked = 0;
  const ask = (candidate: string, at: number): void => {
    if (candidate.length > LONGEST_CANDIDATE_CHARS) return;
    if (!asked.has(candidate) && asked.size >= limit) {
      unasked++;
      return;
    }
    asked.add(candidate);
    if (!known(candidate)) return;
    const sha256 = sha256Hex(candidate);
    findings.spans.push({ start: at, end: at + candidate.length, kind: "known" });
    findings.secrets.set(sha256, { sha256, kind: "known" });
  };
  forEachMatch(text, runs, UUID, ask);
  forEachMatch(text, runs, RUN, (found, at) => {
    const escape = escapeLength(text, at);
    if (found.length !== 36 || !UUID_ONLY.test(found)) ask(found.slice(escape), at + escape);
  });
  return unasked;
}

const UUID_ONLY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Characters at `at` that belong to an escape (`%3D`, `\n`, `\u003d`) and not to the run. */
function escapeLength(text: string, at: number): number {
  const before = text.charAt(at - 1);
  if (before === "%") return 2;
  if (before !== "\\") return 0;
  return text.charAt(at) === "u" ? 5 : 1;
}

/** Base64 in either alphabet; `+`, `/` and `=` may be URL-encoded, `/` escaped as JSON allows. */
const RUN64 = /(?:[A-Za-z0-9+/_-]|%(?:25){0,3}2[bBfF]|\\{1,8}\/){20,}(?:=|%(?:25){0,3}3[dD]){0,2}/g;
const HEX_ONLY = /^[0-9a-fA-F-]+$/;
/** Runs that are decoded in one text, and characters of each. */
const MAX_DECODED_RUNS = 32;
const MAX_DECODED_CHARS = 32_768;

/**
 * Judges every run by itself. Base64 of text counts by what it says, as `inspect` finds it (Kubernetes Secrets, encoded
 * files); what can only have been drawn at random is a secret, unless it is announced as a digest.
 */
export function findInRuns(text: string, runs: readonly Run[], inspect: (decoded: string) => boolean, findings: Findings): void {
  let decodedRuns = 0;
  forEachMatch(text, runs, RUN64, (found, at) => {
    const start = at + escapeLength(text, at);
    const end = at + found.length;
    const run = plain(text.slice(start, end));
    if (HEX_ONLY.test(run)) return;
    const decoded = decodedRuns < MAX_DECODED_RUNS ? printable(run) : null;
    if (decoded !== null) {
      decodedRuns++;
      if (inspect(decoded)) findings.spans.push({ start, end, kind: "base64" });
    } else if (looksRandom(run) && !isDigest(text, start, run)) {
      findings.add(text, start, end, "high-entropy", "token");
    }
  });
}

/** What digests and images are announced by: subresource integrity, lockfiles, image references, data URLs. */
const DIGEST_BEFORE = /(?:sha(?:1|224|256|384|512)[-:=]|h1:|md5[-:=]|base64,|integrity[^A-Za-z0-9]{1,8})$/i;
const DIGEST_LOOK_BACK_CHARS = 24;

function isDigest(text: string, start: number, run: string): boolean {
  if (/^sha(?:1|224|256|384|512)-/.test(run)) return true;
  return DIGEST_BEFORE.test(text.slice(Math.max(0, start - DIGEST_LOOK_BACK_CHARS), start));
}

/**
 * A byte of ASCII has a first bit of 0, so the first letter of each group of four is one of A–Z and a–f. Words and paths
 * fail this at once, and decoding is what costs. Two groups of six may differ: text is not all ASCII.
 */
function mayBeText(run: string): boolean {
  let fits = 0;
  for (let group = 0; group < 6; group++) {
    const code = run.charCodeAt(group * 4);
    if ((code >= 65 && code <= 90) || (code >= 97 && code <= 102)) fits++;
  }
  return fits >= (run.length >= 21 ? 4 : 3);
}

/** Decoded text, if it is text. The first bytes decide, so that hashes and images cost little. */
function printable(whole: string): string | null {
  if (!mayBeText(whole)) return null;
  const run = whole.slice(0, MAX_DECODED_CHARS);
  const head = decodeBase64(run.slice(0, 24));
  if (head === null || !isText(head, true)) return null;
  const body = run.replace(/=+$/, "");
  const decoded = decodeBase64(body.length % 4 === 1 ? body.slice(0, -1) : body);
  return decoded !== null && isText(decoded, run.length === MAX_DECODED_CHARS) ? decoded : null;
}

const CONTROL = /[^\t\n\r\x20-\x7e\x80-\xff]/;
const NON_ASCII = /[\x80-\xff]/;

/** Whether one-byte characters are UTF-8 text; `cutOff` allows for a character that is cut at the end. */
function isText(bytes: string, cutOff: boolean): boolean {
  if (CONTROL.test(bytes)) return false;
  if (!NON_ASCII.test(bytes)) return true;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)), { stream: cutOff });
    return true;
  } catch {
    return false;
  }
}
