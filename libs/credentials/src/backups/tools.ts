/** Finds pg_dump and pg_restore. They must be of the server's major version or newer, so the newest that is installed is taken. */
import { execFile } from "node:child_process";
import { access, constants, readdir } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

export interface PostgresTools {
  readonly pgDump: string;
  readonly pgRestore: string;
  readonly major: number;
}

export type ToolsOutcome = { readonly kind: "found"; readonly tools: PostgresTools } | { readonly kind: "missing"; readonly reason: string };

/** Where Debian and the project's own packages keep each major version. */
const VERSIONED: readonly (readonly [string, RegExp])[] = [["/usr/lib/postgresql", /^\d{1,3}$/u], ["/usr", /^pgsql-\d{1,3}$/u]];
const PLAIN = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"];
const VERSION_MS = 5_000;

/** `pgDump`: the only program to be used; null = whichever installed one is newest. pg_restore lies beside it. */
export async function findPostgresTools(pgDump: string | null): Promise<ToolsOutcome> {
  if (pgDump !== null) {
    const tools = isAbsolute(pgDump) ? await toolsAt(pgDump) : null;
    return tools === null ? { kind: "missing", reason: "the configured pg_dump cannot be run, or there is no pg_restore of its version beside it" } : { kind: "found", tools };
  }
  let best: PostgresTools | null = null;
  for (const directory of await directories()) {
    const tools = await toolsAt(join(directory, "pg_dump"));
    if (tools !== null && tools.major > (best?.major ?? 0)) best = tools;
  }
  return best === null ? { kind: "missing", reason: "pg_dump and pg_restore are not installed here" } : { kind: "found", tools: best };
}

async function directories(): Promise<string[]> {
  const versioned = await Promise.all(VERSIONED.map(async ([parent, name]) => (await readdir(parent).catch(() => [])).filter((one) => name.test(one)).map((one) => join(parent, one, "bin"))));
  return [...versioned.flat(), ...PLAIN];
}

async function toolsAt(pgDump: string): Promise<PostgresTools | null> {
  const pgRestore = join(dirname(pgDump), "pg_restore");
  const [major, restoreMajor] = await Promise.all([versionOf(pgDump), versionOf(pgRestore)]);
  return major === null || major !== restoreMajor ? null : { pgDump, pgRestore, major };
}

async function versionOf(program: string): Promise<number | null> {
  try {
    await access(program, constants.X_OK);
  } catch {
    return null;
  }
  return new Promise((resolve) => {
    execFile(program, ["--version"], { timeout: VERSION_MS, killSignal: "SIGKILL", maxBuffer: 4_096, env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } }, (error, text) => {
      const major = error === null ? /\(PostgreSQL\) (\d{1,3})/u.exec(text)?.[1] : undefined;
      resolve(major === undefined ? null : Number(major));
    });
  });
}
