/**
 * One pass over the text that decides which finders have to look at all. Most captured text is clean, so this is what the ingest
 * path pays per character.
 */
export interface Hints {
  /** A run long enough to be a token, or a PEM header. */
  readonly run: boolean;
  /** A word that names secrets. */
  readonly word: boolean;
  /** `user:pass@host` may be here. */
  readonly userinfo: boolean;
}

/** Shortest run that can be a token on its own, in characters. */
export const MIN_RUN_CHARS = 20;

const WORDS = /pass|pwd|secret|token|key|auth|cred|bearer|basic|cookie|jwt|identified|dsn|mysql|maria|redis|curl|pfx|signature|sig=|connectionstring|-----begin/i;
const RUN = /[A-Za-z0-9_-]{20}|[A-Za-z0-9_+/=%-]{20}/;
const USERINFO = /@|%40/;

export function hintsOf(text: string): Hints {
  return { run: RUN.test(text), word: WORDS.test(text), userinfo: USERINFO.test(text) };
}
