import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SDK_VERSION } from "./index.ts";
import { startRecorder, type Recorder } from "./testing/recorder.ts";

const PACKAGE = join(import.meta.dirname, "..");
const resolve = createRequire(import.meta.url).resolve;
/** The oldest of each supported line, then the one that runs this. Binaries are npm's package `node`. */
const NODES = ["20.0.0", "22.0.0", "current"] as const;

let home: string;
let recorder: Recorder;
const binaries = new Map<string, string | null>();

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

/** The binary of a Node release, kept between runs; null when the registry cannot be reached. */
function nodeBinary(version: string): string | null {
  if (version === "current") return process.execPath;
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline", `node-${version}`);
  const binary = join(cache, "node_modules/node/bin/node");
  try {
    mkdirSync(cache, { recursive: true });
    if (!existsSync(binary)) npm(cache, "install", "--prefix", cache, `node@${version}`);
    execFileSync(binary, ["--version"]);
    return binary;
  } catch {
    return null;
  }
}

const USE = `
const tripline = createTripline({ endpoint: process.argv[2], ingestToken: "t", agent: { name: "packed" }, task: "List the files." });
const run = tripline.wrapTool("shell", async (command) => "ran " + command, { describe: (command) => ({ request: { kind: "shell", command } }) });
run("TOKEN=5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f ls").then(async (result) => {
  await tripline.shutdown(5000);
  console.log(JSON.stringify({ result, version: process.version, stats: tripline.stats() }));
});
`;
const PROGRAMS = {
  "use.mjs": `import { createTripline } from "@tripline/sdk";${USE}`,
  "use.cjs": `const { createTripline } = require("@tripline/sdk");${USE}`,
};
const TYPED = `import { createTripline, type GatedTriplineOptions, TriplineDenied, type TriplineOptions } from "@tripline/sdk";
const options: TriplineOptions = { endpoint: "http://127.0.0.1:1", ingestToken: "t", agent: { name: "a" } };
const add = createTripline(options).wrapTool("add", (a: number, b: number) => a + b);
export const sum: number = add(1, 2);
// @ts-expect-error arguments keep their types
add("1", 2);
const gated: GatedTriplineOptions = { ...options, gate: { url: "http://127.0.0.1:1", token: "t" } };
export const later: Promise<number> = createTripline(gated).wrapTool("add", (a: number, b: number) => a + b)(1, 2);
export const isDenied = (error: unknown): boolean => error instanceof TriplineDenied && error.verdict.rule !== "";
`;

beforeAll(async () => {
  recorder = await startRecorder();
  home = realpathSync(mkdtempSync(join(tmpdir(), "tripline-pack-")));
  execFileSync(process.execPath, ["build.ts"], { cwd: PACKAGE, stdio: "pipe" });
  const [packed] = JSON.parse(npm(join(PACKAGE, "dist"), "pack", "--json", "--pack-destination", home)) as [{ filename: string }];
  writeFileSync(join(home, "package.json"), '{"name":"consumer","private":true}');
  npm(home, "install", "--offline", "--install-links", join(home, packed.filename), realpathSync(join(PACKAGE, "node_modules/@opentelemetry/api")));
  for (const [name, source] of Object.entries(PROGRAMS)) writeFileSync(join(home, name), source);
  for (const version of NODES) binaries.set(version, nodeBinary(version));
}, 180_000);

afterAll(async () => {
  await recorder.close();
  rmSync(home, { recursive: true, force: true });
});

describe("the packed SDK", () => {
  for (const version of NODES) {
    for (const program of Object.keys(PROGRAMS)) {
      it(`runs ${program} on Node ${version}`, async (context) => {
        const binary = binaries.get(version);
        if (binary === null || binary === undefined) {
          console.warn(`SKIPPED: Node ${version} could not be had from the package registry, so ${program} was not run on it`);
          if (process.env["CI"]) throw new Error(`Node ${version} is not available`);
          return context.skip(`Node ${version} is not available`);
        }
        const before = recorder.records().length;
        const child = spawn(binary, [program, recorder.endpoint], { cwd: home });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
        await once(child, "close");
        const said = JSON.parse(output) as { result: string; version: string; stats: { sent: number; internalErrors: number } };
        expect(said.stats).toMatchObject({ sent: 2, internalErrors: 0 });
        expect(said.version).toBe(version === "current" ? process.version : `v${version}`);
        const records = recorder.records().slice(before);
        expect(records.map((record) => record.event)).toEqual(["tripline.action.attempt", "tripline.action.result"]);
        expect(records[0]?.attributes["tripline.request"]).toBe('{"kind":"shell","command":"TOKEN=[redacted:token] ls"}');
      });
    }
  }

  it("has types for ESM and CommonJS", () => {
    const types = join(home, "node_modules/@types");
    mkdirSync(types, { recursive: true });
    symlinkSync(dirname(resolve("@types/node/package.json")), join(types, "node"));
    for (const name of ["typed.mts", "typed.cts"]) writeFileSync(join(home, name), TYPED);
    const tsc = join(dirname(resolve("typescript/package.json")), "bin/tsc");
    execFileSync(process.execPath, [tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "typed.mts", "typed.cts"], { cwd: home, stdio: "pipe" });
  });

  it("depends on nothing but the OpenTelemetry API", () => {
    const manifest = JSON.parse(readFileSync(join(home, "node_modules/@tripline/sdk/package.json"), "utf8")) as Record<string, unknown>;
    expect([manifest["dependencies"], manifest["devDependencies"], manifest["peerDependencies"]]).toEqual([undefined, undefined, { "@opentelemetry/api": "^1.9.0" }]);
    expect(manifest["version"]).toBe(SDK_VERSION);
    for (const bundle of ["index.js", "index.cjs"]) {
      const source = readFileSync(join(home, "node_modules/@tripline/sdk", bundle), "utf8");
      const imported = [...source.matchAll(/(?:from |require\()"([^"]+)"/g)].map((match) => match[1] as string);
      expect(imported.filter((name) => !name.startsWith("node:"))).toEqual(["@opentelemetry/api"]);
    }
  });

  it("carries the version of its package.json", () => {
    const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
    expect(manifest.version).toBe(SDK_VERSION);
  });
});
