/** What every package.json must hold, and what every package must bring. */
import { packageName } from "./imports.ts";
import { packageOf, type Manifest, type Repository, type Violation } from "./repository.ts";

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/** Exact versions only: the same commit installs the same code, today and in an investigation next year. */
export function checkPinned(manifests: readonly { readonly file: string; readonly manifest: Manifest }[]): Violation[] {
  return manifests.flatMap(({ file, manifest }) =>
    [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies, manifest.optionalDependencies]
      .flatMap((group) => Object.entries(group ?? {}))
      .filter(([name, version]) => (name.startsWith("@tripline/") ? version !== "workspace:*" : !EXACT.test(version)))
      .map(([name, version]) => ({
        file,
        line: null,
        message: `has ${name} at "${version}". Pin ${name.startsWith("@tripline/") ? '"workspace:*"' : "one exact version"}.`,
      })),
  );
}

/** Declared but imported nowhere: weight that an installation pays for nothing. `@types/x` stands for `x`. */
export function checkUsed(repository: Pick<Repository, "packages" | "sources">): Violation[] {
  return repository.packages.flatMap((pkg) => {
    const used = new Set(
      repository.sources
        .filter((source) => packageOf(repository.packages, source.path) === pkg)
        .flatMap((source) => source.imports.map((imported) => packageName(imported.specifier ?? ""))),
    );
    return Object.keys(pkg.manifest.dependencies ?? {})
      .filter((name) => !used.has(name.replace(/^@types\//, "")))
      .map((name) => ({ file: `${pkg.dir}/package.json`, line: null, message: `declares ${name}, which nothing in it imports. Remove it.` }));
  });
}

export function checkTested(repository: Pick<Repository, "packages" | "paths">): Violation[] {
  return repository.packages
    .filter((pkg) => pkg.dir !== "test")
    .filter((pkg) => !repository.paths.some((path) => path.startsWith(`${pkg.dir}/src/`) && path.endsWith(".test.ts")))
    .map((pkg) => ({ file: pkg.dir, line: null, message: "has no test. Add one beside the source it drives, as src/<source>.test.ts." }));
}

const TOP_LEVEL: ReadonlySet<string> = new Set([
  "services",
  "libs",
  "test",
  "charts",
  "Dockerfile",
  "compose.yaml",
  "package.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "pnpm-workspace.yaml",
  "pnpm-lock.yaml",
  "vitest.config.ts",
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "LICENSE",
]);

export function checkTopLevel(names: readonly string[]): Violation[] {
  return names
    .filter((name) => !name.startsWith(".") && !TOP_LEVEL.has(name))
    .map((name) => ({ file: name, line: null, message: "is not one of the fixed names at the top. Put it into the package or test folder it serves." }));
}
