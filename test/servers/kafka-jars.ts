/**
 * Apache Kafka's brokers as jars: fetched once from Maven Central (or the mirror that this machine is set up for), kept outside the
 * checkout, and used only with the checksums pinned in kafka-jars.json.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { setGlobalProxyFromEnv } from "node:http";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Version → path below a Maven repository → SHA-256. Without kafka-tools-api: 3 interfaces that brokers do not load. */
const PINNED = JSON.parse(readFileSync(new URL("kafka-jars.json", import.meta.url), "utf8")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
export const KAFKA_VERSIONS: readonly string[] = Object.keys(PINNED);

/** Where Maven's own settings of last resort lie inside its installation. */
const SUPER_POM = "org/apache/maven/model/pom-4.0.0.xml";
const DOWNLOAD_TIMEOUT_MS = 60_000;
const DOWNLOAD_ATTEMPTS = 4;
const PARALLEL_DOWNLOADS = 6;

/** Folder with all jars of a version, fetched where missing. Throws when one cannot be had or is not what was pinned. */
export async function kafkaJars(version: string): Promise<string> {
  const pinned = Object.entries(PINNED[version] ?? {});
  if (pinned.length === 0) throw new Error(`Kafka ${version} is not pinned in kafka-jars.json.`);
  const folder = cacheFolder(`kafka-${version}`);
  const missing = pinned.filter(([path, sha256]) => !isSound(join(folder, basename(path)), sha256));
  if (missing.length > 0) setGlobalProxyFromEnv();
  const queue = [...missing];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await obtain(folder, ...next);
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, work));
  return folder;
}

/** Another jar than Kafka's, by its path below a Maven repository; where it lies. Throws as `kafkaJars` does. */
export async function pinnedJar(name: string, path: string, sha256: string): Promise<string> {
  const folder = cacheFolder(name);
  const file = join(folder, basename(path));
  if (!isSound(file, sha256)) {
    setGlobalProxyFromEnv();
    await obtain(folder, path, sha256);
  }
  return file;
}

function cacheFolder(name: string): string {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function isSound(file: string, sha256: string): boolean {
  return existsSync(file) && createHash("sha256").update(readFileSync(file)).digest("hex") === sha256;
}

/** Maven's own cache first; what arrives is renamed into place whole, so that parallel test files can share the folder. */
async function obtain(folder: string, path: string, sha256: string): Promise<void> {
  const known = join(homedir(), ".m2", "repository", path);
  const bytes = isSound(known, sha256) ? readFileSync(known) : await download(path);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`${basename(path)} is not the file that was pinned.`);
  const partial = join(folder, `.${basename(path)}.${process.pid}`);
  writeFileSync(partial, bytes);
  renameSync(partial, join(folder, basename(path)));
}

/** A network's hiccup must not fail a whole run of tests: tried again a few times. */
async function download(path: string): Promise<Buffer> {
  const repository = repositoryUrl();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(`${repository}/${path}`, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
      if (!response.ok) throw new Error(`${basename(path)}: the Maven repository answered ${response.status}.`);
      return Buffer.from(await response.arrayBuffer());
    } catch (error) {
      if (attempt === DOWNLOAD_ATTEMPTS) throw error;
      await sleep(attempt * 1_000);
    }
  }
}

/** The environment decides, then the mirror of Central in Maven's settings, then what the installed Maven takes for Central. */
export function repositoryUrl(env: NodeJS.ProcessEnv = process.env, settings: readonly string[] = settingsFiles(env)): string {
  const named = env["MAVEN_REPOSITORY_URL"] ?? env["MAVEN_MIRROR_URL"] ?? settings.map(mirrorOfCentral).find((url) => url !== null) ?? centralOfMaven(env);
  return named.replace(/\/+$/, "");
}

/** Asked of the installed Maven, so that no address of a registry stands here. */
function centralOfMaven(env: NodeJS.ProcessEnv): string {
  try {
    const home = env["MAVEN_HOME"] ?? join(realpathSync(execFileSync("which", ["mvn"], { encoding: "utf8" }).trim()), "..", "..");
    const jar = readdirSync(join(home, "lib")).find((file) => file.startsWith("maven-model-builder-")) ?? "";
    const pom = execFileSync("unzip", ["-p", join(home, "lib", jar), SUPER_POM], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const url = /<repository>[\s\S]*?<url>\s*([^<]*?)\s*<\/url>/.exec(pom)?.[1];
    if (url !== undefined) return url;
  } catch {
    // No Maven, or no unzip: said below.
  }
  throw new Error("Where to fetch Kafka's jars from is not known: install Maven and unzip, or set MAVEN_REPOSITORY_URL.");
}

function settingsFiles(env: NodeJS.ProcessEnv): string[] {
  const folders = [join(homedir(), ".m2"), ...(env["MAVEN_HOME"] === undefined ? [] : [join(env["MAVEN_HOME"], "conf")])];
  return folders.map((folder) => join(folder, "settings.xml")).filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8"));
}

/** Of one settings.xml: only mirrors that stand for Central or for everything. */
function mirrorOfCentral(xml: string): string | null {
  const mirrors = xml.replaceAll(/<!--[\s\S]*?-->/g, "").matchAll(/<mirror>([\s\S]*?)<\/mirror>/g);
  for (const [, mirror = ""] of mirrors) {
    const of = /<mirrorOf>\s*([^<]*?)\s*<\/mirrorOf>/.exec(mirror)?.[1]?.split(",") ?? [];
    const url = /<url>\s*([^<]*?)\s*<\/url>/.exec(mirror)?.[1];
    if (url !== undefined && of.some((one) => ["central", "*", "external:*"].includes(one.trim()))) return url;
  }
  return null;
}
