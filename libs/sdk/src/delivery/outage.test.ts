import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createTripline } from "../index.ts";
import { startRecorder } from "../testing/recorder.ts";
import { QUEUE_BOUNDS } from "./queue.ts";

const SDK = new URL("../index.ts", import.meta.url).href;

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A collector that takes connections and never answers. */
async function silentCollector(): Promise<{ endpoint: string; close: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

interface Exit {
  code: number | null;
  tookMs: number;
  output: string;
}

/** Runs an agent in a process of its own. */
async function runAgent(endpoint: string, body: string): Promise<Exit> {
  const source = `import { createTripline } from ${JSON.stringify(SDK)};
    const tripline = createTripline({ endpoint: ${JSON.stringify(endpoint)}, ingestToken: "t", agent: { name: "a" } });
    process.on("unhandledRejection", (error) => { console.log("unhandled", error); process.exitCode = 9; });
    ${body}`;
  const startMs = Date.now();
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, tookMs: Date.now() - startMs, output };
}

describe("while the collector is away", () => {
  it.each(["down", "silent"])("%s: calls cost little, memory is bounded, every loss is counted", async (state) => {
    const silent = state === "silent" ? await silentCollector() : null;
    const told: string[] = [];
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const tripline = createTripline({ endpoint: silent?.endpoint ?? `http://127.0.0.1:${await closedPort()}`, ingestToken: "t", agent: { name: "a" }, onDiagnostic: (diagnostic) => told.push(diagnostic.reason) });
    const tool = tripline.wrapTool("t", (input: { path: string }) => input.path);
    const calls = 3_000;
    const startMs = performance.now();
    for (let i = 0; i < calls; i++) {
      tool({ path: `src/file-${i}.ts` });
      if (i % 500 === 0) await sleep(1);
    }
    const perCallMs = (performance.now() - startMs) / calls;
    await sleep(50);
    const stats = tripline.stats();
    console.info(`collector ${state}: ${(perCallMs * 1_000).toFixed(0)} µs per call`);
    expect(perCallMs).toBeLessThan(3);
    expect(stats.queued).toBeLessThanOrEqual(QUEUE_BOUNDS.records);
    expect(stats.queued + stats.inFlight + stats.dropped["queue-full"]).toBe(calls * 2);
    expect(stats.dropped["queue-full"]).toBeGreaterThan(0);
    expect(await tripline.shutdown(20)).toBe(false);
    process.off("unhandledRejection", listen);
    silent?.close();
    expect(unhandled).toEqual([]);
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told.some((reason) => reason.startsWith("queue-full"))).toBe(true);
  });

  it("sends what waited once it is back", async () => {
    const port = await closedPort();
    const tripline = createTripline({ endpoint: `http://127.0.0.1:${port}`, ingestToken: "t", agent: { name: "a" } });
    const tool = tripline.wrapTool("t", (n: number) => n);
    for (let i = 0; i < 20; i++) tool(i);
    await sleep(300);
    const recorder = await startRecorder(port);
    expect(await tripline.flush(15_000)).toBe(true);
    expect(recorder.records().map((record) => record.attributes["tripline.sequence"]).toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    await tripline.shutdown(100);
    await recorder.close();
  });
});

describe("the end of the process", () => {
  it("is not delayed by an open connection, and sends what is left", async () => {
    const recorder = await startRecorder();
    const exit = await runAgent(recorder.endpoint, `const tool = tripline.wrapTool("t", () => 1); tool(); await new Promise((resolve) => setTimeout(resolve, 200)); tool();`);
    expect(exit).toMatchObject({ code: 0, output: "" });
    expect(exit.tookMs).toBeLessThan(5_000);
    expect(recorder.records()).toHaveLength(4);
    await recorder.close();
  });

  it("comes by itself when nothing was ever reported", async () => {
    const recorder = await startRecorder();
    const exit = await runAgent(recorder.endpoint, "");
    expect(exit).toMatchObject({ code: 0, output: "" });
    await recorder.close();
  });

  it("is delayed by a silent collector for its bound and no longer", async () => {
    const silent = await silentCollector();
    const exit = await runAgent(silent.endpoint, `tripline.wrapTool("t", () => 1)();`);
    expect(exit).toMatchObject({ code: 0, output: "" });
    expect(exit.tookMs).toBeLessThan(6_000);
    silent.close();
  });

  it("is delayed by a dead collector for its bound and no longer", async () => {
    const exit = await runAgent(`http://127.0.0.1:${await closedPort()}`, `tripline.wrapTool("t", () => 1)();`);
    expect(exit).toMatchObject({ code: 0, output: "" });
    expect(exit.tookMs).toBeLessThan(6_000);
  });
});
