/** The table of `doctor --surfaces` in the README is what its two commands print on a fresh clone, but for the ports. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { freePort } from "../servers/free-port.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "services/launcher/src/main.ts");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The configuration file that the README's command names, and the table below it. */
const [, config = "", shown = ""] = /tripline --config (\S+) doctor --surfaces\n```\n\n```text\n(.*?)\n```/su.exec(README) ?? [];

it("prints the surfaces that the README shows", async () => {
  expect(shown).toMatch(/^SURFACE/u);
  expect(README).toContain(`start --config ${config} `);
  const dir = mkdtempSync(join(tmpdir(), "tripline-readme-"));
  const [ingest, gate, forward, approvals, nobody] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
  // Other ports and another place; whatever else the file says stands. Lists are replaced, so its upstream is said again.
  const own = { dataDir: "data", ingest: { port: ingest }, admin: { port: 0 }, gate: { port: gate, socket: join(dir, "gate.sock"), forward: { port: forward }, approvals: { port: approvals }, upstreams: [{ name: "api", url: `http://127.0.0.1:${nobody}`, allowPrivate: true }] } };
  const file = join(dir, "own.yaml");
  writeFileSync(file, JSON.stringify(own));
  const args = [MAIN, "--config", join(ROOT, config), "--config", file];
  const child = spawn(process.execPath, [...args, "--json", "up"], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    expect(await Promise.race([once(createInterface({ input: child.stdout }), "line"), exited])).toEqual([expect.stringContaining('"gateUrl"')]);
    const { stdout } = await promisify(execFile)(process.execPath, [...args, "doctor", "--surfaces"]);
    const rows = (text: string): string[] => text.replaceAll(/:\d{2,5}\b/gu, ":port").trimEnd().split("\n").map((line) => line.trimEnd());
    expect(rows(stdout)).toEqual(rows(shown));
  } finally {
    child.kill("SIGTERM");
    await exited;
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
