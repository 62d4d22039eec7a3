/** Pure packages do no I/O, read no clock and draw no randomness, so production, simulation and replay run the same code. */
import { packageName } from "./imports.ts";
import { isTestCode, packageOf, type Package, type Repository, type Violation } from "./repository.ts";
import { lineOf } from "./source-text.ts";

export const PURE_PACKAGES: ReadonlySet<string> = new Set(["libs/core", "libs/semconv", "libs/model", "libs/canonical"]);

/** Built-in modules that a pure package may use, each with the reason why it is still pure. */
export const PURE_BUILTINS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "libs/canonical": { "node:crypto": "digests and HMACs are functions of their input" },
  "libs/model": { "node:crypto": "the digest of a stored text is a function of it", "node:buffer": "whether bytes are UTF-8 is a function of them" },
};

/** Third-party packages of floors 0 and 1. Every one was looked at: the pure packages' own do no I/O and read no clock. */
export const LOW_FLOOR_DEPENDENCIES: Readonly<Record<string, readonly string[]>> = {
  "libs/model": ["typebox"],
  "libs/canonical": [],
  "libs/core": ["graphql", "libpg-query", "simple-statistics", "unbash"],
  "libs/semconv": [],
  "libs/runtime": ["fastest-levenshtein", "fastify", "pino", "prom-client", "typebox", "yaml"],
  "libs/sdk": ["@opentelemetry/api"],
};

interface Banned {
  readonly pattern: RegExp;
  readonly what: string;
  readonly remedy: string;
}

const CLOCK = "Take nowMs as an argument.";
const CHANCE = "Take a seed as an argument.";
const TIMER = "Answer when the work is due, and let a service wait for it.";
const WORLD = "Return a value, and let a service do the I/O.";

const BANNED: readonly Banned[] = [
  { pattern: /\bDate\s*\.\s*now\b/g, what: "Date.now", remedy: CLOCK },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|[^\s(\w.])/g, what: "new Date()", remedy: CLOCK },
  { pattern: /\bperformance\s*\.\s*(?:now|timeOrigin)\b/g, what: "performance.now", remedy: CLOCK },
  { pattern: /\bhrtime\b/g, what: "process.hrtime", remedy: CLOCK },
  { pattern: /\bMath\s*\.\s*random\b/g, what: "Math.random", remedy: CHANCE },
  { pattern: /\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/g, what: "a random source", remedy: CHANCE },
  { pattern: /\bset(?:Timeout|Interval|Immediate)\b/g, what: "a timer", remedy: TIMER },
  { pattern: /\b(?:process|globalThis)\s*\.\s*\w/g, what: "the process", remedy: WORLD },
  { pattern: /(?<![.\w])fetch\s*\(/g, what: "fetch", remedy: WORLD },
  { pattern: /\bconsole\s*\.\s*\w/g, what: "console", remedy: WORLD },
];

export function checkPurity(repository: Pick<Repository, "packages" | "sources">): Violation[] {
  const violations: Violation[] = [];
  for (const source of repository.sources) {
    const owner = packageOf(repository.packages, source.path);
    if (owner === null || !PURE_PACKAGES.has(owner.dir) || isTestCode(source.path)) continue;
    for (const { pattern, what, remedy } of BANNED) {
      for (const match of source.skeleton.matchAll(pattern)) {
        violations.push({ file: source.path, line: lineOf(source.text, match.index), message: `uses ${what}. ${remedy}` });
      }
    }
    for (const { specifier, line } of source.imports) {
      if (specifier === null || !specifier.startsWith("node:") || PURE_BUILTINS[owner.dir]?.[specifier] !== undefined) continue;
      violations.push({ file: source.path, line, message: `imports ${specifier}. ${WORLD}` });
    }
  }
  return violations;
}

/** `allowed` is a parameter so that the rule itself can be tested. */
export function checkLowFloorDependencies(
  packages: readonly Package[],
  allowed: Readonly<Record<string, readonly string[]>> = LOW_FLOOR_DEPENDENCIES,
): Violation[] {
  return packages
    .filter((pkg) => (pkg.manifest.floor ?? Infinity) <= 1)
    .flatMap((pkg) =>
      Object.keys(pkg.manifest.dependencies ?? {})
        .filter((name) => !packageName(name).startsWith("@tripline/") && !(allowed[pkg.dir] ?? []).includes(name))
        .map((name) => ({
          file: `${pkg.dir}/package.json`,
          line: null,
          message: `depends on ${name}, which is not on the list of floors 0 and 1. Do without, or read its source and add it to test/tidy/purity.ts.`,
        })),
    );
}
