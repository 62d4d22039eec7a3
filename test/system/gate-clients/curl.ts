/** The curl of the machine, with its own words for proxies. */
import { execFile, execFileSync } from "node:child_process";
import type { Sent, Told } from "./world.ts";

/** False where there is none: throws under CI=true, and says so loudly elsewhere. */
export function haveCurl(what: string): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["CI"] === "true") throw new Error(`No curl command for: ${what}.`);
    console.warn(`SKIPPED, no curl command: ${what}.`);
    return false;
  }
}

const STATUS = "\n%{http_code}";

export async function runCurl(requests: readonly Sent[], environment: Readonly<Record<string, string>>, ...words: string[]): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const one of requests) told.push(await curl(one, environment, words));
  return told;
}

function curl({ url, method = "GET", headers = {}, body, streamed }: Sent, environment: Readonly<Record<string, string>>, words: readonly string[]): Promise<Told> {
  const given = Object.entries({ ...headers, ...(streamed === true ? { "transfer-encoding": "chunked" } : {}) }).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const how = [...(method === "HEAD" ? ["--head", "--output", "/dev/null"] : ["-X", method]), ...(body === undefined ? [] : ["--data-binary", "@-"])];
  return new Promise((resolve) => {
    const child = execFile("curl", ["-sS", "--max-time", "15", "-w", STATUS, ...words, ...how, ...given, url], { env: { PATH: process.env["PATH"], ...environment } }, (error, stdout, stderr) => {
      const at = stdout.lastIndexOf("\n");
      const status = Number(stdout.slice(at + 1));
      resolve(error === null ? { status, text: stdout.slice(0, at), error: null } : { status: null, text: "", error: stderr });
    });
    child.stdin?.end(body ?? "");
  });
}
