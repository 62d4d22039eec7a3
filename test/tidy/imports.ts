import { lineOf, type SourceText } from "./source-text.ts";

export interface Import {
  /** Null where a dynamic import computes it. */
  readonly specifier: string | null;
  /** `url` = `new URL("./worker.ts", import.meta.url)`, which loads code as well. */
  readonly kind: "static" | "dynamic" | "url";
  /** Names between the braces of a static import or re-export; empty for others. */
  readonly names: readonly string[];
  readonly line: number;
}

const STATIC = /\b(?:import|export)\b([^;"'`]*?)\bfrom\s*(["'])/g;
const BARE = /\bimport\s*(["'])/g;
const DYNAMIC = /\b(?:import|require|import\.meta\.resolve)\s*\(\s*(.)/g;
const URL_CODE = /\bnew\s+URL\s*\(\s*(["'])/g;

/** Every way in which a file can load another: static (also type-only), re-export, dynamic, `import("x")` in a type, worker URL. */
export function findImports(source: SourceText): Import[] {
  const found: Import[] = [];
  for (const match of source.skeleton.matchAll(STATIC)) {
    found.push(at(source, match.index + match[0].length - 1, "static", namesIn(match[1] ?? "")));
  }
  for (const match of source.skeleton.matchAll(BARE)) found.push(at(source, match.index + match[0].length - 1, "static", []));
  for (const match of source.skeleton.matchAll(DYNAMIC)) found.push(at(source, match.index + match[0].length - 1, "dynamic", []));
  for (const match of source.skeleton.matchAll(URL_CODE)) {
    const url = at(source, match.index + match[0].length - 1, "url", []);
    if (url.specifier !== null && url.specifier.startsWith(".") && url.specifier.endsWith(".ts")) found.push(url);
  }
  return found;
}

function at(source: SourceText, quoteAt: number, kind: Import["kind"], names: readonly string[]): Import {
  const quote = source.code.charAt(quoteAt);
  const end = source.code.indexOf(quote, quoteAt + 1);
  const literal = /["'`]/.test(quote) ? source.code.slice(quoteAt + 1, end) : null;
  const specifier = literal === null || (quote === "`" && literal.includes("${")) ? null : literal;
  return { specifier, kind, names, line: lineOf(source.code, quoteAt) };
}

function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  if (braces === null) return [];
  return (braces[1] ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^type\s+/, "").replace(/\s+as\s.*$/s, ""))
    .filter((name) => name !== "");
}

/** `@scope/name/sub` → `@scope/name`; `name/sub` → `name`. */
export function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
