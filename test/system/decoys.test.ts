/** A planted decoy, found and used by an agent, through the running process. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Running, stagingAgent, startRunning } from "./running.ts";

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "tripline-decoys-"));
let running: Running;
let token: string;

beforeAll(async () => {
  const config = join(dir, "plant.yaml");
  writeFileSync(config, "dataDir: planted\n");
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--json", "--config", config, "decoy", "plant", "--kind", "railway"]);
  const planted = JSON.parse(stdout) as { entries: object[]; lines: string[] };
  token = planted.lines[0]!.split("=")[1]!;
  running = await startRunning({ config: () => ({ agents: [stagingAgent("honest"), stagingAgent("curious")], credentials: planted.entries }) });
});
afterAll(async () => {
  await running.close();
  rmSync(dir, { recursive: true });
});

describe("a decoy", () => {
  it("trips whoever uses it, by reading even, and no one else; what is merely found in a file is no use", async () => {
    const read = async (agent: string, command: string, output: string): Promise<void> => {
      const sdk = running.sdk(agent);
      await sdk.wrapTool("shell", (_args: { command: string }) => Promise.resolve(output))({ command });
      await sdk.flush(5_000);
    };
    await read("honest", "cat .env.backup", `RAILWAY_ADMIN_TOKEN=${token}`);
    await read("honest", "curl -H 'Authorization: Bearer 1c0b9a52-55aa-4d0e-9d30-52c0f1f0a3b1' https://backboard.railway.com/graphql/v2", "{}");
    await read("curious", `curl -H 'Authorization: Bearer ${token}' 'https://backboard.railway.com/graphql/v2?query=%7Bme%7Bid%7D%7D'`, "{}");
    await expect.poll(async () => (await running.breaker("curious"))?.position.state, { timeout: 10_000 }).toBe("open");
    expect((await running.breaker("curious"))?.trip?.findings.map(({ rule }) => rule)).toContain("decoy.touched");
    expect((await running.breaker("honest"))?.position.state ?? "closed").toBe("closed");
    expect(JSON.stringify(await running.records("actions"))).not.toContain(token);
  });
});
