/** The SQL grammar is WebAssembly: it is loaded once, outside the pure path, and then answers synchronously. */
import { loadModule, type ParseResult, parseSync } from "libpg-query";

let loaded: Promise<void> | null = null;
let ready = false;

/** Loads the SQL grammar; repeated calls share one load. Rejects where the WebAssembly cannot start. */
export async function prepareClassifiers(): Promise<void> {
  loaded ??= loadModule();
  await loaded;
  ready = true;
}

/** True once `prepareClassifiers()` has resolved: from then on the same text is always judged the same. */
export function classifiersPrepared(): boolean {
  return ready;
}

export type PostgresParse = { readonly kind: "parsed"; readonly tree: ParseResult } | { readonly kind: "rejected" } | { readonly kind: "not-loaded" };

/** Its scanner reads a run of such signs anew for each comment in it: `/**\//**\/…` of 16 KB would take a third of a second. */
const LONG_RUN = /[~!@#^&|`?+\-*/%<>=]{512}/;

/** Of one call request and inputs often hold the same statement. Nobody changes a tree. */
let last: { readonly text: string; readonly parse: PostgresParse } | null = null;

/** The syntax tree of PostgreSQL's own grammar. Never throws. */
export function parsePostgres(text: string): PostgresParse {
  if (!ready) return { kind: "not-loaded" };
  if (last?.text !== text) last = { text, parse: parsedAnew(text) };
  return last.parse;
}

function parsedAnew(text: string): PostgresParse {
  if (LONG_RUN.test(text)) return { kind: "rejected" };
  try {
    return { kind: "parsed", tree: parseSync(text) };
  } catch {
    return { kind: "rejected" };
  }
}
