/** Every configuration that a document shows is one that Tripline starts with. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "services/launcher/src/main.ts");
const DOCUMENTS = ["README.md", "libs/credentials/PROVIDERS.md", "libs/alerts/SINKS.md"];

const examples = DOCUMENTS.flatMap((document) =>
  [...readFileSync(join(ROOT, document), "utf8").matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""], index) => ({ document, number: index + 1, text })),
);

/** A secret of the form that an example asks for, under each variable that it names. */
function secretsFor(text: string): Record<string, string> {
  const key = () => randomBytes(32).toString("hex");
  const secret = () => `whsec_${randomBytes(32).toString("base64")}`;
  return Object.fromEntries([...text.matchAll(/\b(\w+Env|env): (\w+)/g)].map(([, place = "", name = ""]) => [name, place === "masterEnv" ? key() : secret()]));
}

/** Providers are asked once at the start whether they could revoke; from a test nobody outside may be asked. */
function onLoopback(text: string): string {
  return text.replace(/^(eventLog:.*brokers: )\[.*?\]/m, '$1["127.0.0.1:9"]').replace(/^( *)kind: railway$/m, "$&\n$1endpoint: http://127.0.0.1:9").replace(/^( *)host: .*$/m, "$1host: 127.0.0.1\n$1port: 9");
}

/** A gate's ports are free ones here; elsewhere they may be taken. */
const onFreePorts = (text: string): string => text.replace(/^gate:.*$/m, "$&\n  port: 0\n  approvals: { port: 0 }").replace(/^( *)forward: \{\}/m, "$1forward: { port: 0 }");

const isOnKafka = (text: string): boolean => /^eventLog:.*kafka/m.test(text);

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tripline-examples-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("an example configuration", () => {
  it("is in each of the documents, so that nothing below passes on nothing", () => {
    expect(DOCUMENTS.filter((document) => !examples.some((example) => example.document === document))).toEqual([]);
  });

  it.each(examples)("starts as $document shows it ($number)", async ({ text }) => {
    const file = join(dir, "tripline.yaml");
    writeFileSync(file, `${onFreePorts(onLoopback(text))}\ningest: { port: 0 }\nadmin: { port: 0 }\n`);
    const env = { ...process.env, ...secretsFor(text) };
    const child = spawn(process.execPath, [MAIN, "--json", "--config", file, "up"], { env, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const exited = once(child, "exit");
    const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exited.then(() => [errors])]);
    // Of an example for brokers elsewhere, all is well but that they are not here.
    if (isOnKafka(text)) return expect(line[0]).toContain("TL_LOG_UNAVAILABLE");
    expect(line[0]).toContain('"adminUrl"');
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--json", "--config", file, "breakers"], { env });
    expect(JSON.parse(stdout)).toEqual({ breakers: [], containments: [] });
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  }, 60_000);
});
