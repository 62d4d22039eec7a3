/** Words that must not be in the repository. Patterns are put together from pieces, so that this file does not trip on itself. */
import { isTestCode, type Source, type Violation } from "./repository.ts";
import { lineOf } from "./source-text.ts";

interface Forbidden {
  readonly pattern: RegExp;
  readonly message: string;
  /** Folders where the word is subject matter, with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

const KNOWS_PATHS = { "libs/core/src/classify/": "what a path means to a command is its subject" };

const joined = (...pieces: readonly string[]): string => pieces.join("");
const word = (...pieces: readonly string[]): RegExp => new RegExp(`\\b${joined(...pieces)}\\b`, "g");

/** In code, outside strings and comments. */
const IN_CODE: readonly Forbidden[] = [
  { pattern: /(?:[:<|&,(=]|\bas|\bextends)\s*any\b(?!\s*[:(.])/g, message: "uses the type that checks nothing. Use unknown and narrow it." },
  { pattern: /\bexport\s+default\b/g, message: "has a default export. Export by name, so that every file calls it the same." },
  { pattern: /(?<![.\w])(?:enum|namespace)\s+[A-Z]\w*\s*\{/g, message: "has syntax that cannot be erased. Use a const list and a union, or a module." },
];

/** Everywhere: code, comments, documents. */
const IN_TEXT: readonly Forbidden[] = [
  // An expected error is different: it fails when the error is gone, and so can prove that a type refuses something.
  { pattern: new RegExp(joined("@ts", "-(?:ignore|nocheck)"), "g"), message: "silences the compiler. Correct the type." },
  { pattern: word("(?:TO", "DO|FIX", "ME|XX", "X|HA", "CK)"), message: "leaves work behind. Do it, or write it down as an issue." },
  {
    pattern: new RegExp(joined("(?<![\\w.$}/-])/", "(?:wo", "rk|ro", "ot|ho", "me/[a-z]+|Use", "rs/[a-z]+)/"), "g"),
    message: "names a path of one machine. Take it from the configuration, or from import.meta.url.",
    except: KNOWS_PATHS,
  },
  {
    pattern: new RegExp(joined("(?<![\\w.$}/-])/", "tm", "p/"), "g"),
    message: "names a temporary folder of one system. Use mkdtemp below os.tmpdir().",
    except: KNOWS_PATHS,
  },
  {
    pattern: new RegExp(joined("(?:regis", "try\\.(?:npm|yarn)|npm", "mirror|artifac", "tory|verdac", "cio|nex", "us\\.)[\\w.-]*"), "gi"),
    message: "names a package registry. Leave that to the installation's own configuration.",
  },
];

export function checkCode(sources: readonly Source[]): Violation[] {
  return sources.flatMap((source) => find(source.path, source.skeleton, IN_CODE.filter((rule) => !isConfig(source.path) || !rule.message.includes("default"))));
}

/** The test runner demands a default export of its configuration. */
function isConfig(path: string): boolean {
  return path === "vitest.config.ts" || (isTestCode(path) && path.endsWith(".config.ts"));
}

export function checkText(path: string, text: string): Violation[] {
  return find(path, text, IN_TEXT);
}

function find(file: string, text: string, rules: readonly Forbidden[]): Violation[] {
  const applied = rules.filter(({ except = {} }) => !Object.keys(except).some((folder) => file.startsWith(folder)));
  return applied.flatMap(({ pattern, message }) =>
    [...text.matchAll(pattern)].map((match) => ({ file, line: lineOf(text, match.index), message: `"${match[0].trim()}" ${message}` })),
  );
}
