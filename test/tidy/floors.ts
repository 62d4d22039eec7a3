/** The one import rule: a package imports only packages of a smaller floor, by name, and only what it declares. */
import { posix } from "node:path";
import { packageName, type Import } from "./imports.ts";
import { isTestCode, packageOf, type Package, type Repository, type Source, type Violation } from "./repository.ts";

/** What tests beside sources may use without declaring it: the root's devDependencies provide it. */
const FOR_TESTS: ReadonlySet<string> = new Set(["vitest", "fast-check"]);

export function checkFloors(repository: Pick<Repository, "packages" | "sources">): Violation[] {
  const violations = repository.packages.filter(lacksFloor).map(
    (pkg): Violation => ({
      file: `${pkg.dir}/package.json`,
      line: null,
      message: 'has no "floor". Add the number of its floor (0 words, 1 pure and embedded, 2 concepts, 3 services, 4 launcher).',
    }),
  );
  for (const source of repository.sources) {
    const owner = packageOf(repository.packages, source.path);
    if (owner === null) continue;
    for (const imported of source.imports) {
      const message = judge(repository.packages, owner, source, imported);
      if (message !== null) violations.push({ file: source.path, line: imported.line, message });
    }
  }
  return violations;
}

function lacksFloor(pkg: Package): boolean {
  return pkg.dir !== "test" && !Number.isInteger(pkg.manifest.floor);
}

function judge(packages: readonly Package[], owner: Package, source: Source, imported: Import): string | null {
  const { specifier } = imported;
  if (specifier === null) {
    return isTestCode(source.path) ? null : "a computed import cannot be checked. Import a literal name, and choose among the results.";
  }
  // A test that starts an executable names its file; that loads nothing into the test.
  if (specifier.startsWith("node:") || (imported.kind === "url" && owner.dir === "test")) return null;
  if (/^(?:\/|file:)/.test(specifier)) return "imports an absolute path. Import a package by its name, a file by its relative path.";
  if (specifier.startsWith(".")) return judgeRelative(owner, source, specifier);
  const name = packageName(specifier);
  const target = packages.find((candidate) => candidate.manifest.name === name);
  if (target !== undefined) return judgeInternal(owner, target, specifier);
  if (declares(owner, name) || (isTestCode(source.path) && FOR_TESTS.has(name))) return null;
  return `imports undeclared ${name}. Add it with an exact version to ${owner.dir}/package.json.`;
}

function judgeRelative(owner: Package, source: Source, specifier: string): string | null {
  const target = posix.join(posix.dirname(source.path), specifier);
  if (!target.startsWith(`${owner.dir}/`)) {
    if (owner.dir === "test" && !target.startsWith("..")) return "reaches into a package by path. Import it by its name.";
    return target.startsWith("test/")
      ? "imports test/. Nothing imports test/: move the test there, or the code it needs down."
      : `leaves its package for ${target}. Import the other package by its name.`;
  }
  if (!/\.(?:ts|json)$/.test(specifier)) return `imports ${specifier} without its extension. Write it as it is on disk, ending in .ts.`;
  return null;
}

function judgeInternal(owner: Package, target: Package, specifier: string): string | null {
  const to = target.manifest;
  if (target.dir === "test") return "imports test/. Nothing imports test/: move the test there, or the code it needs down.";
  const subpath = `.${specifier.slice(to.name.length)}`;
  if (to.exports !== undefined && !(subpath in to.exports)) {
    return `imports ${specifier}, which ${to.name} does not export. Use its index, or add the subpath to its exports.`;
  }
  if (owner.dir === "test") return declares(owner, to.name) ? null : `imports undeclared ${to.name}. Add it to test/package.json.`;
  const from = owner.manifest;
  if ((to.floor ?? Infinity) >= (from.floor ?? -1)) {
    return `floor ${from.floor} imports ${to.name} on floor ${to.floor}. Move the shared part to a smaller floor, or meet through a topic.`;
  }
  return declares(owner, to.name) ? null : `imports undeclared ${to.name}. Add "workspace:*" to ${owner.dir}/package.json.`;
}

function declares(owner: Package, name: string): boolean {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = owner.manifest;
  return [dependencies, peerDependencies, optionalDependencies, devDependencies].some((group) => group !== undefined && name in group);
}
