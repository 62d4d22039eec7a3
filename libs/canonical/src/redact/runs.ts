/** Long runs of token characters: registered credentials, base64 that hides secrets, and what can only be random. */
import { sha256Hex } from "../hash.ts";
import { looksRandom } from "./strength.ts";
import type { Findings } from "./spans.ts";
import { decodeBase64 } from "./userinfo.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const RUN = /[A-Za-z0-9_-]{20,}/g;
const LONGEST_CANDIDATE_CHARS = 512;

/**
 * Asks `known` about every UUID and run, up to `limit` of them, and adds those that are registered credentials.
 * Returns how many candidates were left unasked.
 */
export function findKnown(text: string, known: (sha256: string) => boolean, limit: number, findings: Findings): number {
  const asked = new Set<string>();
  let unasked = 0;
  const ask = (candidate: string, at: number): void => {
    if (candidate.length > LONGEST_CANDIDATE_CHARS) return;
    if (!asked.has(candidate) && asked.size >= limit) {
      unasked++;
      return;
    }
    asked.add(candidate);
    const sha256 = sha256Hex(candidate);
    if (!known(sha256)) return;
    findings.spans.push({ start: at, end: at + candidate.length, kind: "known" });
    findings.secrets.set(sha256, { sha256, kind: "known" });
  };
  for (const match of text.matchAll(UUID)) ask(match[0], match.index);
  for (const match of text.matchAll(RUN)) {
    const escape = escapeLength(text, match.index);
    if (match[0].length === 36 && UUID_ONLY.test(match[0])) continue;
    ask(match[0].slice(escape), match.index + escape);
  }
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

const BASE64 = /[A-Za-z0-9+/_-]{20,}={0,2}/g;
/** Runs that are decoded in one text, and characters of each. */
const MAX_DECODED_RUNS = 32;
const MAX_DECODED_CHARS = 32_768;

/** Adds base64 whose plain text holds a secret, as `inspect` finds it: Kubernetes Secrets, encoded files, Basic credentials. */
export function findEncoded(text: string, inspect: (plain: string) => boolean, findings: Findings): void {
  let decodedRuns = 0;
  for (const match of text.matchAll(BASE64)) {
    if (decodedRuns >= MAX_DECODED_RUNS) return;
    const escape = escapeLength(text, match.index);
    const run = match[0].slice(escape, escape + MAX_DECODED_CHARS);
    const plain = printable(run);
    if (plain === null) continue;
    decodedRuns++;
    if (inspect(plain)) findings.spans.push({ start: match.index + escape, end: match.index + match[0].length, kind: "base64" });
  }
}

/** Decoded text, if it is text. The first bytes decide, so that hashes and images cost little. */
function printable(run: string): string | null {
  const head = decodeBase64(run.slice(0, 24));
  if (head === null || !isText(head, true)) return null;
  const body = run.replace(/=+$/, "");
  const plain = decodeBase64(body.length % 4 === 1 ? body.slice(0, -1) : body);
  return plain !== null && isText(plain, run.length === MAX_DECODED_CHARS) ? plain : null;
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

const RANDOM_RUN = /[A-Za-z0-9+/_-]{32,}={0,2}/g;
/** What digests and images are announced by: subresource integrity, lockfiles, image references, data URLs. */
const DIGEST_BEFORE = /(?:sha(?:1|224|256|384|512)[-:=]|h1:|md5[-:=]|base64,|integrity[^A-Za-z0-9]{1,8})$/i;
const DIGEST_LOOK_BACK_CHARS = 24;

/**
 * Adds runs that can only have been drawn at random. Digests are exempt by what stands before or begins them; so is encoded
 * text, which `findEncoded` judges by what it says.
 */
export function findRandom(text: string, findings: Findings): void {
  for (const match of text.matchAll(RANDOM_RUN)) {
    const run = match[0];
    if (/^sha(?:1|224|256|384|512)-/.test(run) || !looksRandom(run)) continue;
    if (DIGEST_BEFORE.test(text.slice(Math.max(0, match.index - DIGEST_LOOK_BACK_CHARS), match.index))) continue;
    const escape = escapeLength(text, match.index);
    if (printable(run.slice(escape, escape + MAX_DECODED_CHARS)) !== null) continue;
    findings.add(text, match.index + escape, match.index + run.length, "high-entropy", "token");
  }
}
