/** The control plane under bad input: requests, streams, hostile text and configuration. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const run = promisify(execFile);
/** As many as the admin API allows at once. */
const MAX_STREAMS = 16;

let running: Running;
let token: string;

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => ({ agents: [stagingAgent("coder")], providers: railwayProvider(railway), credentials: [foundToken(railway, { autoRevoke: "page", replacement: "\u001b]0;owned\u0007 call \u202eeno\u009b31m" })] }),
  });
  token = readFileSync(join(running.dataDir, "admin-token"), "utf8").trim();
});
afterAll(() => running.close());

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${running.adminUrl}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...(init.body === undefined ? {} : { "content-type": "application/json" }) } });
}
const post = async (body: unknown): Promise<{ status: number; text: string }> => {
  const answer = await ask("/v1/commands", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
};

/** A client that asks for a stream and never reads it. */
function tailing(query = ""): ClientRequest {
  const client = request(`${running.adminUrl}/v1/tail${query}`, { headers: { authorization: `Bearer ${token}` } });
  client.on("response", (response) => response.pause()).on("error", () => undefined);
  return client.end();
}

describe("the admin API", () => {
  const order = { kind: "hold", agent: "coder", by: "soc", reason: "test" };

  it.each([
    ["a key it does not know", { ...order, agnet: "coder" }],
    ["a number for a name", { ...order, by: 5 }],
    ["a list for a name", { ...order, agent: ["coder"] }],
    ["a tenant-wide hold", { ...order, agent: null }],
    ["an agent that is no id", { ...order, agent: "../coder" }],
    ["nesting", "[".repeat(30_000) + "]".repeat(30_000)],
    ["a prototype", '{"__proto__":{"kind":"panic"},"kind":"hold"}'],
    ["half a body", '{"kind":'],
  ])("refuses %s, and orders nothing", async (_what, body) => {
    const { status, text } = await post(body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code: "TL_ADMIN_INVALID" } });
    expect(await running.records("commands")).toEqual([]);
  });

  it("refuses a body that is too large", async () => {
    expect((await post(`{"kind":"${"a".repeat(70_000)}"}`)).status).toBe(413);
  });

  it("asks for the token whatever the method, the path or the Host header", async () => {
    for (const path of ["/nope", "/v1/agents?x=/livez", "/livez/../v1/agents", "//livez", "/livez?x"]) expect((await fetch(`${running.adminUrl}${path}`)).status).toBe(401);
    for (const method of ["OPTIONS", "PUT", "DELETE"]) expect((await fetch(`${running.adminUrl}/v1/agents`, { method })).status).toBe(401);
  });

  it("keeps its streams for readers: HEAD requests, repeated topics and broken connections leave none behind", async () => {
    for (let i = 0; i < MAX_STREAMS + 1; i += 1) expect((await ask("/v1/tail", { method: "HEAD" })).status).toBe(404);
    for (let i = 0; i < 3 * MAX_STREAMS; i += 1) {
      const client = tailing(`?topics=${Array(500).fill("actions").join(",")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await vi.waitFor(async () => expect((await ask("/v1/records?topic=agents")).status).toBe(200), 5_000);
  });

  it("goes on tripping while as many readers as it allows never read a byte", async () => {
    const stalled = Array.from({ length: MAX_STREAMS }, () => tailing());
    await vi.waitFor(async () => expect((await ask("/v1/records")).status).toBe(429), 5_000);
    const shell = running.sdk("coder").wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    for (let i = 0; i < 400; i += 1) await shell({ command: `echo ${i} ${"x".repeat(8_000)}` });
    await shell({ command: "terraform destroy -auto-approve" });
    await vi.waitFor(async () => expect(await (await ask("/v1/breakers")).json()).toMatchObject({ breakers: [{ agent: "coder", position: { state: "open" } }] }), 15_000);
    for (const client of stalled) client.destroy();
    await vi.waitFor(async () => expect((await ask("/v1/records?topic=agents")).status).toBe(200), 5_000);
    expect(running.stderr()).not.toMatch(/MaxListeners|Warning/);
  }, 60_000);
});

describe("text from agents and owners", () => {
  it("reaches no terminal as control characters, in tables, in JSON or while following", async () => {
    const tail = running.follow("tail");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const found = running.railway.token("domain-automation").secret;
    const evil = running.sdk("coder").wrapTool("bash\u001b[2J\u009b2J\u202e", (args: { command: string }) => Promise.resolve(args.command));
    await evil({ command: `curl -s ${running.railway.url} -H "Authorization: Bearer ${found}" -d '{"query":"mutation { volumeDelete(volumeId: \\"v\\u009b\\") }"}'` });
    await vi.waitFor(() => expect(tail.lines.join("\n")).toContain("found-token"), 15_000);
    await tail.end();
    const shown = [tail.lines.join(""), ...(await Promise.all([["breakers"], ["--json", "breakers"], ["credentials"], ["agents"]].map((args) => running.text(...args))))];
    // eslint-disable-next-line no-control-regex
    for (const text of shown) expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/u);
    expect(shown.join("")).toContain("\\u001b");
  }, 40_000);

  it("may be cut off by a reader that stops early", async () => {
    const child = spawn("sh", ["-c", `${process.execPath} ${MAIN} config | head -1`], { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    await new Promise((resolve) => child.once("exit", resolve));
    expect(errors).toBe("");
  });
});

describe("a hold on a closed breaker", () => {
  it("is listed with the id that releasing it needs", async () => {
    const held = await running.cli<{ commandId: string }>("hold", "coder", "--by", "soc");
    expect(await running.text("breakers")).toContain(`hold ${held.commandId} by soc`);
  });
});

describe("a configuration", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-hostile-"));
  const failed = async (text: string, ...args: string[]): Promise<string> => {
    const file = join(dir, "tripline.yaml");
    writeFileSync(file, text);
    return run(process.execPath, [MAIN, "--config", file, ...args], { env: { ...process.env, SHARED_SECRET: "0b0a1c9e-7d3f-4c55" } }).then(
      () => "it worked",
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  };

  it("that is broken is never quoted, by no command", async () => {
    for (const command of ["up", "agents"]) {
      const text = await failed('adminPassword: "s3cr3t-in-the-wrong-place\nfoo: [', command);
      expect(text).toMatch(/TL_CONFIG_INVALID/);
      expect(text).not.toMatch(/s3cr3t|foo/);
    }
  });

  it("that expands without end is refused", async () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x]", ..."bcdefgh".split("").map((name, i) => `${name}: &${name} [${Array(8).fill(`*${"abcdefg"[i]}`).join(",")}]`)].join("\n");
    for (const command of ["up", "agents"]) expect(await failed(bomb, command)).toMatch(/TL_CONFIG_INVALID/);
    expect(await failed(`a: ${"[".repeat(100_000)}`, "up")).toMatch(/TL_CONFIG_INVALID/);
  });

  it("with a grant that ends at no time is refused instead of never ending", async () => {
    expect(await failed("agents: [{id: a, owner: o, grants: [{id: g, expiresAt: tomorrow}]}]", "up")).toMatch(/expiresAt/);
  });

  it("with a directory that is none is refused by name", async () => {
    expect(await failed("dataDir: tripline.yaml", "up")).toMatch(/TL_CONFIG_INVALID.*dataDir.*tripline.yaml/);
  });
});

describe("the command line", () => {
  it("does not guess a life that it cannot read", async () => {
    await expect(running.cli("lease", "coder", "railway", "--ttl-ms", "1h")).rejects.toThrow(/whole milliseconds/);
  });

  it.skipIf(process.getuid?.() !== 0)("runs under an account without a name", async () => {
    const { stdout } = await run(process.execPath, [MAIN, "--version"], { uid: 54_321, gid: 54_321, env: { ...process.env, HOME: "/", NODE_COMPILE_CACHE: "" } });
    expect(stdout).toMatch(/^\d/);
  });
});
