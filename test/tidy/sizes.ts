/** Size ratchet. The function limit is oxlint's; here we only make sure that nobody switched it off. */
import { isTestCode, type Source, type Violation } from "./repository.ts";

export const MAX_FILE_LINES = 400;
export const MAX_MEDIAN_LINES = 100;
export const MAX_FUNCTION_LINES = 70;

export function countLines(text: string): number {
  return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

export function checkFileSizes(sources: readonly Source[]): Violation[] {
  return sources
    .filter((source) => countLines(source.text) > MAX_FILE_LINES)
    .map((source) => ({
      file: source.path,
      line: null,
      message: `has ${countLines(source.text)} lines; the limit is ${MAX_FILE_LINES}. Split it where one part can be named without the other.`,
    }));
}

/** Median over what ships; tests and batteries are left out, since a long list of cases is easier to read in one place. */
export function medianLines(sources: readonly Source[]): number {
  const sizes = sources.filter((source) => !isTestCode(source.path)).map((source) => countLines(source.text));
  sizes.sort((a, b) => a - b);
  return sizes[Math.floor((sizes.length - 1) / 2)] ?? 0;
}

export interface LintConfig {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides?: readonly { readonly files: readonly string[]; readonly rules?: Readonly<Record<string, unknown>> }[];
}

/** Where an override may lift the function limit: code that only tests run. */
const TEST_GLOBS: ReadonlySet<string> = new Set(["**/*.test.ts", "**/battery.ts", "**/battery/**", "test/**"]);

export function checkLintLimits(config: LintConfig, file: string): Violation[] {
  const violations: Violation[] = [];
  const say = (message: string): number => violations.push({ file, line: null, message });
  const limits: [string, number][] = [["max-lines", MAX_FILE_LINES], ["max-lines-per-function", MAX_FUNCTION_LINES]];
  for (const [rule, max] of limits) {
    if (!isLimit(config.rules[rule], max)) say(`does not hold ${rule} at ${max}. Set it to ["error", {"max": ${max}}].`);
    for (const override of config.overrides ?? []) {
      if (override.rules?.[rule] === undefined || override.files.every((glob) => TEST_GLOBS.has(glob))) continue;
      say(`changes ${rule} for ${override.files.join(", ")}. Split the long code instead.`);
    }
  }
  for (const rule of ["typescript/no-explicit-any", "import/no-default-export", "import/no-cycle", "typescript/no-floating-promises"]) {
    if (config.rules[rule] !== "error") say(`does not enforce ${rule}. Set it to "error".`);
  }
  return violations;
}

function isLimit(value: unknown, max: number): boolean {
  if (!Array.isArray(value) || value[0] !== "error") return false;
  const options: unknown = value[1];
  return typeof options === "object" && options !== null && "max" in options && typeof options.max === "number" && options.max <= max;
}
