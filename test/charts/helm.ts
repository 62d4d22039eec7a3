/**
 * The real `helm`: HELM_BIN, one on the PATH, or one built once from its source through Go's module proxy and kept outside the checkout.
 * Go checks what it downloads against its checksum database, so a version is enough of a pin.
 */
import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const VERSION = "3.22.0";
/** Some 130 s of one processor, downloads apart. */
const BUILD_MS = 600_000;
const WAIT_MS = 500;
/** Without a cluster to ask, helm has to be told for which one it renders. */
const KUBERNETES = "1.31.0";

export const CHART = fileURLToPath(new URL("../../charts/tripline", import.meta.url));

export type Helm = (...args: string[]) => string;

/** Null where there is neither helm nor Go: throws under CI=true, and says loudly what is skipped elsewhere. */
export async function requireHelm(what: string): Promise<Helm | null> {
  try {
    const binary = process.env["HELM_BIN"] ?? onPath() ?? (await built());
    return (...args) => execFileSync(binary, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 * 1_048_576 });
  } catch (error) {
    const advice = `Set HELM_BIN, or install helm 3, or Go 1.26 with a reachable module proxy. (${String(error).slice(0, 300)})`;
    if (process.env["CI"] === "true") throw new Error(`No helm for: ${what}. ${advice}`, { cause: error });
    console.warn(`SKIPPED, no helm: ${what}. ${advice}`);
    return null;
  }
}

function onPath(): string | null {
  try {
    const version = execFileSync("helm", ["version", "--template", "{{.Version}}"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return version.startsWith("v3.") ? "helm" : null;
  } catch {
    return null;
  }
}

/** Test files that ask at the same time share one build: the first builds, the others wait for it, and neither blocks its runner. */
async function built(): Promise<string> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline", `helm-${VERSION}`);
  const binary = join(folder, "helm");
  const lock = `${folder}.lock`;
  mkdirSync(join(folder, ".."), { recursive: true });
  const endMs = Date.now() + BUILD_MS;
  while (!existsSync(binary) && !taken(lock)) {
    if (Date.now() > endMs) throw new Error(`Another process has been building helm for too long; if none is, remove ${lock}.`);
    await sleep(WAIT_MS);
  }
  try {
    if (!existsSync(binary)) await build(folder);
  } finally {
    if (isOurs(lock)) rmSync(lock, { force: true });
  }
  return binary;
}

const OWNER = `${process.pid} ${randomUUID()}`;

/** False while a living process has it; one that died without letting go does not keep it. */
function taken(lock: string): boolean {
  try {
    writeFileSync(lock, OWNER, { flag: "wx" });
    return true;
  } catch {
    const pid = Number(readText(lock)?.split(" ")[0]);
    if (pid > 0 && !isAlive(pid)) rmSync(lock, { force: true });
    return false;
  }
}

const isOurs = (lock: string): boolean => readText(lock) === OWNER;

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The binary appears whole or not at all. */
async function build(folder: string): Promise<void> {
  const draft = mkdtempSync(`${folder}-draft-`);
  try {
    const env = { ...process.env, GOBIN: draft, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" };
    await promisify(execFile)("go", ["install", "-trimpath", `helm.sh/helm/v3/cmd/helm@v${VERSION}`], { cwd: tmpdir(), env, timeout: BUILD_MS });
    mkdirSync(folder, { recursive: true });
    renameSync(join(draft, "helm"), join(folder, "helm"));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Arguments that render the chart. `values`: a file below its ci/, or none for the defaults; `set`: as `a.b=c`. */
export function templateArgs(values: string | null, set: readonly string[] = [], chart = CHART): string[] {
  const files = values === null ? [] : ["--values", join(CHART, "ci", `${values}-values.yaml`)];
  return ["template", "shield", chart, "--namespace", "security", "--kube-version", KUBERNETES, ...files, ...set.flatMap((one) => ["--set", one])];
}

/** As `helm lint --strict` sees it. */
export function lintArgs(values: string | null): string[] {
  const files = values === null ? [] : ["--values", join(CHART, "ci", `${values}-values.yaml`)];
  return ["lint", CHART, "--strict", "--kube-version", KUBERNETES, ...files];
}
