/** Bounded copies of what a tool was given and gave back. */
import { sha256Hex } from "./hash.ts";
import { redact, type Redaction } from "./redact/redact.ts";

/** Structurally the model's `Captured`; this package imports nothing. */
export interface CapturedText {
  text: string;
  /** UTF-8 bytes of the value before redaction and truncation. */
  fullBytes: number;
  truncated: boolean;
  /** SHA-256 of the whole redacted value, hex. */
  digest: string;
}

/** Captured characters kept unless the caller says otherwise; equals `LIMITS.captureChars` of the model. */
export const CAPTURE_CHARS = 16_384;

/**
 * A bounded, redacted copy of `text`. Redaction comes first, over the whole value, so that a cut can never split a secret
 * into a harmless-looking half. Pass `known` when the text was redacted already. Never throws.
 */
export function capture(text: string, known?: Redaction, limitChars: number = CAPTURE_CHARS): CapturedText {
  const redacted = (known ?? redact(text)).text;
  const truncated = redacted.length > limitChars;
  return {
    text: truncated ? cut(redacted, limitChars) : redacted,
    fullBytes: utf8Bytes(text),
    truncated,
    digest: sha256Hex(redacted),
  };
}

/** The first `chars` UTF-16 units, without leaving half of a surrogate pair. */
export function cut(text: string, chars: number): string {
  const last = text.charCodeAt(chars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? chars - 1 : chars);
}

/** Bytes of the text as UTF-8 (a lone surrogate counts as the three bytes of U+FFFD). */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    const isPair = code >= 0xd800 && code <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) i++;
    bytes += code < 0x800 ? 1 : 2;
  }
  return bytes;
}
