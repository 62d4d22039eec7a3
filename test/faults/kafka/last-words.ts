/** What service processes said last, for whoever must find out why a campaign failed once its directory is gone. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LINES = 5;
const LINE_CHARS = 400;

/** The last lines of each process that said anything. */
export function lastWords(dir: string): string[] {
  const logs = join(dir, "instances");
  if (!existsSync(logs)) return [];
  return readdirSync(logs).filter((name) => name.endsWith(".log")).flatMap((name) => {
    const lines = readFileSync(join(logs, name), "utf8").split("\n").filter((line) => line !== "");
    return lines.slice(-LINES).map((line) => `${name}: ${line.slice(0, LINE_CHARS)}`);
  });
}
