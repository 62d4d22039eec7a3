/** The repository as the rules see it: plain values, so that each rule can be tested against a made-up one. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { findImports, type Import } from "./imports.ts";
import { lex, type SourceText } from "./source-text.ts";

export interface Violation {
  readonly file: string;
  readonly line: number | null;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

export interface Manifest {
  readonly name: string;
  readonly floor?: number;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Folder from the root, as `libs/model`. */
  readonly dir: string;
  readonly manifest: Manifest;
}

export interface Source extends SourceText {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Repository {
  readonly packages: readonly Package[];
  readonly root: Manifest;
  readonly sources: readonly Source[];
  /** Every file, text or not, from the root. */
  readonly paths: readonly string[];
  readonly topLevel: readonly string[];
}

/** Generated or installed, and ignored by git: not part of what is judged. */
export const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", ".git", ".types", "dist", "reports", "tripline-data"]);

const isOurs = (name: string): boolean => !NOT_OURS.has(name) && !/\.(?:log|tsbuildinfo)$/.test(name);

export function sourceOf(path: string, text: string): Source {
  const lexed = lex(text);
  return { path, text, ...lexed, imports: findImports(lexed) };
}

export function readRepository(root: string): Repository {
  const paths = walk(root, "");
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const manifests = paths.filter((path) => path.endsWith("package.json") && path.split("/").length > 1);
  return {
    packages: manifests.map((path) => ({ dir: posix.dirname(path), manifest: JSON.parse(read(path)) as Manifest })),
    root: JSON.parse(read("package.json")) as Manifest,
    sources: paths.filter((path) => path.endsWith(".ts")).map((path) => sourceOf(path, read(path))),
    paths,
    topLevel: readdirSync(root).filter(isOurs),
  };
}

function walk(root: string, dir: string): string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(join(root, dir), { withFileTypes: true })) {
    if (!isOurs(entry.name)) continue;
    const path = posix.join(dir, entry.name);
    if (entry.isDirectory()) paths.push(...walk(root, path));
    else if (entry.isFile()) paths.push(path);
  }
  return paths;
}

export function packageOf(packages: readonly Package[], path: string): Package | null {
  return packages.find((candidate) => path.startsWith(`${candidate.dir}/`)) ?? null;
}

/** Tests, and the batteries, fixtures and fakes that only tests run. */
export function isTestCode(path: string): boolean {
  return path.startsWith("test/") || /\.(?:test|fixture)\.ts$/.test(path) || /(?:^|\/)battery(?:\/|[^/]*\.ts$)/.test(path) || /\/(?:fakes|testing)\//.test(path);
}
