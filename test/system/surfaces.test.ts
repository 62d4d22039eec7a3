/** `tripline doctor --surfaces` against the running process: it says what it tried, and nothing else. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../servers/free-port.ts";
import { type Running, stagingAgent, startRunning } from "./running.ts";

interface Looked {
  readonly surface: string;
  readonly verdict: string;
  readonly note: string | null;
  readonly tries: readonly { readonly tried: string; readonly expected: string; readonly got: string; readonly ok: boolean }[];
}

const dir = mkdtempSync(join(tmpdir(), "tripline-surfaces-"));
const readableByAll = join(dir, "readable.secret");
let upstream: Server;
let running: Running;

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  writeFileSync(readableByAll, "0b0a1c9e-7d3f-4c55-9f0e-2a6f6f1f9a10");
  chmodSync(readableByAll, 0o644);
  upstream = await listening();
  const [ingest, gate] = [await freePort(), await freePort()];
  running = await startRunning({
    config: () => ({
      agents: [stagingAgent("coder")],
      ingest: { host: "127.0.0.1", port: ingest },
      credentials: [{ id: "deploy", provider: "none", providerRef: "d", kind: "api-token", secretFile: readableByAll }],
      gate: { port: gate, approvals: { port: 0 }, upstreams: [{ name: "api", url: `http://127.0.0.1:${portOf(upstream)}`, inject: { kind: "header" }, allowPrivate: true }] },
    }),
  });
  // Tokens are made at first use.
  running.ingestToken("coder");
});
afterAll(async () => {
  await running.close();
  upstream.close();
  rmSync(dir, { recursive: true });
});

const looked = async (): Promise<ReadonlyMap<string, Looked>> => new Map((await running.cli<{ surfaces: Looked[] }>("doctor", "--surfaces")).surfaces.map((one) => [one.surface, one]));

describe("doctor --surfaces", () => {
  it("finds the doors that ask for a token to refuse nobody's, a made-up one and each other's, and to answer their own", async () => {
    const found = await looked();
    for (const name of ["decide API", "lease control", "collector", "admin API"]) expect(found.get(name), name).toMatchObject({ verdict: "enforced" });
    const tried = found.get("admin API")!.tries.map(({ tried: what, expected, got }) => [what, expected, got]);
    expect(tried).toEqual([
      ["GET /v1/agents with nobody's token", "refused", "HTTP 401"],
      ["GET /v1/agents with a made-up token", "refused", "HTTP 401"],
      ["GET /v1/agents with the token of agent coder", "refused", "HTTP 401"],
      ["GET /v1/agents with the admin token", "answered", "HTTP 200"],
    ]);
    expect(found.get("decide API")!.tries.filter(({ expected }) => expected === "answered")).toMatchObject([{ tried: "GET /v1/whoami with the token of agent coder", got: "HTTP 200" }]);
  });

  it("says of what is not there that it is not, and of the ways around the gate that they are open", async () => {
    const found = await looked();
    expect(found.get("forward proxy")).toMatchObject({ verdict: "not configured", note: "there is no `gate.forward` in the configuration" });
    expect(found.get("unix socket")?.verdict).toBe("not configured");
    expect(found.get("direct: upstreams")).toMatchObject({ verdict: "not enforced", tries: [{ ok: false }] });
    expect(found.get("direct: secret files")).toMatchObject({ verdict: "not enforced", tries: [{ got: "mode 644: others may read it" }] });
    expect(found.get("direct: data directory")?.tries.every(({ got }) => !got.includes("others"))).toBe(true);
    const text = await running.text("doctor", "--surfaces");
    expect(text).toMatch(/direct: secret files +not enforced +0 of 1 refused/);
    expect(text).toContain("direct: secret files: reading the secret of deploy as another user: must be refused, was mode 644: others may read it.");
  });

  it("changes and records nothing, and shows no token", async () => {
    const before = (await running.records("actions")).length;
    const text = JSON.stringify([...(await looked()).values()]);
    expect(text).not.toContain(running.ingestToken("coder"));
    expect((await running.records("actions")).length).toBe(before);
  });

  it("calls a door that nobody opens not running, and not enforced", async () => {
    await running.end("SIGTERM");
    const found = await looked();
    for (const name of ["decide API", "collector"]) expect(found.get(name)).toMatchObject({ verdict: "not running" });
    await running.start();
  });
});
