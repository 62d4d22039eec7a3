/**
 * Stretches without white space, quotes or brackets that are long enough to hold a token. Regular expressions for tokens look at
 * these alone: `{20,}` on whole text tries every letter of every word.
 */
export interface Run {
  readonly start: number;
  readonly end: number;
}

const IN_RUN = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=%.~,\\-") IN_RUN[char.charCodeAt(0)] = 1;
/** Shorter than any token, so that what surrounds one does not matter. */
const MIN_CHARS = 16;

/** All such stretches, from left to right. Only places whose number divides by the shortest length have to be looked at. */
export function longRuns(text: string): Run[] {
  const runs: Run[] = [];
  for (let at = MIN_CHARS - 1; at < text.length; ) {
    if (!isInRun(text, at)) {
      at += MIN_CHARS;
      continue;
    }
    let start = at;
    while (start > 0 && isInRun(text, start - 1)) start--;
    let end = at + 1;
    while (end < text.length && isInRun(text, end)) end++;
    if (end - start >= MIN_CHARS) runs.push({ start, end });
    at = end + MIN_CHARS;
  }
  return runs;
}

function isInRun(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 && IN_RUN[code] === 1;
}

/** Calls `take` with every match of a sticky-free global pattern that lies inside one of the runs. */
export function forEachMatch(text: string, runs: readonly Run[], pattern: RegExp, take: (found: string, at: number) => void): void {
  for (const run of runs) {
    for (const match of text.slice(run.start, run.end).matchAll(pattern)) take(match[0], run.start + match.index);
  }
}
