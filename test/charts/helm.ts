/**
 * The real `helm`: HELM_BIN, one on the PATH, or one built once from its source through Go's module proxy and kept outside the checkout.
 * Go checks what it downloads against its checksum database, so a version is enough of a pin.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "3.22.0";
/** Some 130 s of one processor, downloads apart. */
const BUILD_MS = 600_000;
/** Without a cluster to ask, helm has to be told for which one it renders. */
const KUBERNETES = "1.31.0";

export const CHART = fileURLToPath(new URL("../../charts/tripline", import.meta.url));

export type Helm = (...args: string[]) => string;

/** Null where there is neither helm nor Go: throws under CI=true, and says loudly what is skipped elsewhere. */
export function requireHelm(what: string): Helm | null {
  try {
    const binary = process.env["HELM_BIN"] ?? onPath() ?? built();
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

/** The folder is written whole or not at all, so that parallel runs can share it. */
function built(): string {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline", `helm-${VERSION}`);
  if (existsSync(join(folder, "helm"))) return join(folder, "helm");
  mkdirSync(join(folder, ".."), { recursive: true });
  const draft = mkdtempSync(join(folder, "..", "helm-draft-"));
  try {
    const env = { ...process.env, GOBIN: draft, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" };
    execFileSync("go", ["install", "-trimpath", `helm.sh/helm/v3/cmd/helm@v${VERSION}`], { cwd: tmpdir(), env, stdio: ["ignore", "ignore", "pipe"], timeout: BUILD_MS });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(join(folder, "helm"))) throw error;
  }
  return join(folder, "helm");
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
