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

/** The syntax tree of PostgreSQL's own grammar. Never throws. */
export function parsePostgres(text: string): PostgresParse {
  if (!ready) return { kind: "not-loaded" };
  try {
    return { kind: "parsed", tree: parseSync(text) };
  } catch {
    return { kind: "rejected" };
  }
}
