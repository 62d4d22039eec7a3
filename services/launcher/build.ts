/**
 * Makes what an image runs: `pnpm build [folder]` writes the executable and every package that it reaches as JavaScript, with the
 * manifests and the lockfile that `pnpm install --prod --frozen-lockfile` in that folder needs. Node refuses `.ts` below node_modules,
 * and a start should not spend its first second on stripping types.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const ENTRY = "services/launcher/src/main.ts";
/** Threads are started by address, not imported: see `reachability.ts` of test/tidy, which knows them by the same name. */
const THREADS = "{libs,services}/*/src/**/*-thread.ts";
/** What is said of packages that declare no types. */
const DECLARATIONS = "{libs,services}/*/src/**/*.d.ts";
/** What the installation of the built folder reads, and what has to go along with the code. */
const BESIDE = ["pnpm-lock.yaml", "package.json", "LICENSE", "services/launcher/config"];

/** The entry and all that it imports decide what is emitted: no test, no battery, no stand-in. */
function emit(dist: string): void {
  const folder = mkdtempSync(join(tmpdir(), "tripline-build-"));
  const project = join(folder, "tsconfig.json");
  const compilerOptions = {
    rootDir: root, outDir: dist, target: "esnext", composite: false, emitDeclarationOnly: false, declaration: false, rewriteRelativeImportExtensions: true,
    typeRoots: [join(root, "node_modules/@types")],
    // By way of node_modules a package's sources would count as somebody else's, and not be emitted.
    paths: { "@tripline/*": [join(root, "libs/*/src/index.ts"), join(root, "services/*/src/index.ts")] },
  };
  const files = [ENTRY, ...[THREADS, DECLARATIONS].flatMap((pattern) => globSync(pattern, { cwd: root }))].map((file) => join(root, file));
  writeFileSync(project, JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, files }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const compiled = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
  rmSync(folder, { recursive: true });
  if (compiled.status !== 0) throw new Error("the sources do not compile");
}

interface Manifest {
  exports?: Record<string, string>;
}

/** The manifest as it is, since the lockfile must fit it; only its exports lead to what was emitted, and those that were not are gone. */
function manifest(dist: string, folder: string): void {
  const given = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  const emitted = Object.entries(given.exports ?? {}).map(([name, file]) => [name, file.replace(/\.ts$/, ".js")] as const);
  const exports = Object.fromEntries(emitted.filter(([, file]) => existsSync(join(dist, folder, file))));
  writeFileSync(join(dist, folder, "package.json"), `${JSON.stringify({ ...given, exports }, null, 2)}\n`);
}

/** Only the packages that are there: a workspace of the built ones. */
function workspace(dist: string, folders: readonly string[]): void {
  const given = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const list = `packages:\n${folders.map((folder) => `  - ${folder}\n`).join("")}`;
  writeFileSync(join(dist, "pnpm-workspace.yaml"), given.replace(/^packages:\n(?: +- .*\n)+/m, list));
}

/** What is there already is removed, so it must be what an earlier run made, or nothing. */
function emptied(name: string): string {
  const dist = resolve(name);
  const isOurs = !existsSync(dist) || existsSync(join(dist, ENTRY.replace(/\.ts$/, ".js"))) || readdirSync(dist).length === 0;
  if (name.startsWith("-") || !isOurs) throw new Error(`pnpm build [folder]: ${dist} holds something else than a finished earlier build; remove it, or name another folder.`);
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  return dist;
}

const dist = emptied(process.argv[2] ?? join(root, "dist"));
emit(dist);
const folders = ["libs", "services"].flatMap((parent) => readdirSync(join(dist, parent)).map((name) => `${parent}/${name}`));
for (const folder of folders) manifest(dist, folder);
workspace(dist, folders);
for (const file of BESIDE) cpSync(join(root, file), join(dist, file), { recursive: true });
chmodSync(join(dist, ENTRY.replace(/\.ts$/, ".js")), 0o755);
