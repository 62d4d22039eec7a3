/** What the finders found in one text: stretches to replace, secrets to name, principals to report. */
import { sha256Hex } from "../hash.ts";
import { isHashable } from "./strength.ts";

export interface Secret {
  /** SHA-256 of the secret, hex. */
  sha256: string;
  kind: string;
}

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** What a finder knows about the value: a `token` is hashed when strong enough, a `password` never is. */
export type Nature = "token" | "password";

/** A marker of an earlier redaction. Everything that finds values steps over it, which is what makes redaction idempotent. */
const MARKER = /\[redacted:[a-z0-9-]{1,32}\]/y;

/** Where the markers that stand at `at` end. */
export function skipMarkers(text: string, at: number): number {
  let start = at;
  for (MARKER.lastIndex = start; MARKER.test(text); MARKER.lastIndex = start) start = MARKER.lastIndex;
  return start;
}

const LONGEST_PRINCIPAL_CHARS = 256;

export class Findings {
  readonly spans: Span[] = [];
  readonly secrets = new Map<string, Secret>();
  readonly principals = new Set<string>();

  /** Adds the stretch, less the markers it begins with; nothing when only markers are there. */
  add(text: string, from: number, end: number, kind: string, nature: Nature): void {
    const start = skipMarkers(text, from);
    if (end <= start) return;
    this.spans.push({ start, end, kind });
    if (nature === "token") this.name(plain(text.slice(start, end)), kind);
  }

  /** Names a secret by its hash if it is strong enough for that. */
  name(secret: string, kind: string): void {
    if (!isHashable(secret)) return;
    const sha256 = sha256Hex(secret);
    if (!this.secrets.has(sha256)) this.secrets.set(sha256, { sha256, kind });
  }

  principal(name: string): void {
    const value = plain(name);
    if (value !== "" && value.length <= LONGEST_PRINCIPAL_CHARS) this.principals.add(value);
  }
}

/** The value behind URL encoding and JSON escapes, so that one secret has one hash however it was written. */
export function plain(value: string): string {
  let text = value;
  if (text.includes("\\")) text = text.replaceAll(/\\+u([0-9a-fA-F]{4})/g, unescapeUnit).replaceAll(/\\+([/"'])/g, "$1");
  for (let round = 0; round < 2 && /%[0-9a-fA-F]{2}/.test(text); round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
}

const unescapeUnit = (_match: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

/** Replaces the spans, joining those that overlap; the earliest (then longest) one gives the kind. */
export function replaceSpans(text: string, spans: readonly Span[]): { text: string; replaced: number } {
  const ordered = spans.toSorted((a, b) => a.start - b.start || b.end - a.end);
  let out = "";
  let at = 0;
  let replaced = 0;
  for (let i = 0; i < ordered.length; ) {
    const first = ordered[i] as Span;
    let end = first.end;
    for (i++; i < ordered.length && (ordered[i] as Span).start < end; i++) end = Math.max(end, (ordered[i] as Span).end);
    out += `${text.slice(at, first.start)}[redacted:${first.kind}]`;
    at = end;
    replaced++;
  }
  return { text: out + text.slice(at), replaced };
}
