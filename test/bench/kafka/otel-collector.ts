/**
 * The OpenTelemetry Collector with its Kafka exporter, made of nothing else by its own builder from sources that come through Go's
 * module proxy, once, and kept outside the checkout. Go checks what it downloads against its checksum database, so versions are
 * enough of a pin.
 */
import { execFile, type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../servers/free-port.ts";

const VERSION = "0.155.0";
const PROVIDER_VERSION = "1.61.0";
/** Some 150 s of one processor, downloads apart. */
const BUILD_MS = 900_000;
const READY_MS = 20_000;
const LAST_WORDS_CHARS = 2_000;
/** Where Go is usually unpacked, should it not be on the path. */
const PATH = [process.env["PATH"] ?? "", "/usr/local/go/bin"].join(delimiter);

const run = promisify(execFile);

/** Null where there is neither a binary nor Go, which is said. */
export async function findOtelCollector(say: (line: string) => void): Promise<string | null> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline", `otelcol-kafka-${VERSION}`);
  const binary = join(folder, "otelcol");
  if (existsSync(binary)) return binary;
  try {
    await run("go", ["version"], { env: { ...process.env, PATH } });
    say("building the OpenTelemetry Collector, once: some minutes");
    await build(folder);
    return binary;
  } catch (error) {
    say(`SKIPPED, no OpenTelemetry Collector to compare with: install Go 1.25 with a reachable module proxy. (${String(error).slice(0, 300)})`);
    return null;
  }
}

/** The folder appears whole or not at all; who builds at the same time has the same. */
async function build(folder: string): Promise<void> {
  mkdirSync(join(folder, ".."), { recursive: true });
  const draft = mkdtempSync(`${folder}-draft-`);
  try {
    const env = { ...process.env, PATH, GOBIN: draft, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" };
    await run("go", ["install", "-trimpath", `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`], { cwd: draft, env, timeout: BUILD_MS });
    const config = join(draft, "builder.json");
    const gomod = (path: string, version = VERSION): { gomod: string } => ({ gomod: `${path} v${version}` });
    writeFileSync(
      config,
      JSON.stringify({
        dist: { name: "otelcol", output_path: join(draft, "out"), version: VERSION },
        receivers: [gomod("go.opentelemetry.io/collector/receiver/otlpreceiver")],
        exporters: [gomod("github.com/open-telemetry/opentelemetry-collector-contrib/exporter/kafkaexporter")],
        conf_resolver: { default_uri_scheme: "file" },
        providers: [gomod("go.opentelemetry.io/collector/confmap/provider/fileprovider", PROVIDER_VERSION)],
      }),
    );
    await run(join(draft, "builder"), ["--config", config], { cwd: draft, env, timeout: BUILD_MS, maxBuffer: 64 * 1_048_576 });
    mkdirSync(join(draft, "done"));
    renameSync(join(draft, "out", "otelcol"), join(draft, "done", "otelcol"));
    if (!existsSync(folder)) renameSync(join(draft, "done"), folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

export interface OtelCollector {
  readonly pid: number;
  readonly url: string;
}

export interface OtelPlan {
  readonly binary: string;
  readonly dir: string;
  readonly brokers: readonly string[];
  readonly topic: string;
}

/** Answers once what it got is acknowledged by the broker, as ours does: without the queue in memory that it has by default. */
export async function startOtelCollector(stack: AsyncDisposableStack, { binary, dir, brokers, topic }: OtelPlan): Promise<OtelCollector> {
  const address = `127.0.0.1:${await freePort()}`;
  const file = join(dir, "otelcol.json");
  const producer = { required_acks: -1, compression: "zstd", compression_params: { level: 1 } };
  writeFileSync(
    file,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: address } } } },
      exporters: { kafka: { brokers, traces: { topic }, producer, sending_queue: { enabled: false }, retry_on_failure: { enabled: false } } },
      service: {
        pipelines: { traces: { receivers: ["otlp"], exporters: ["kafka"] } },
        telemetry: { logs: { level: "warn" }, metrics: { level: "none" } },
      },
    }),
  );
  const child = spawn(binary, ["--config", `file:${file}`], { stdio: ["ignore", "ignore", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  stack.defer(async () => {
    process.removeListener("exit", kill);
    await ended(child);
  });
  let lastWords = "";
  child.stderr.on("data", (chunk: Buffer) => (lastWords = `${lastWords}${chunk.toString("utf8")}`.slice(-LAST_WORDS_CHARS)));
  const url = `http://${address}`;
  for (const untilMs = performance.now() + READY_MS; !(await answers(url)); await sleep(100)) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`the OpenTelemetry Collector does not start. ${lastWords}`);
  }
  return { pid: child.pid ?? -1, url };
}

/** An empty request is a success. */
async function answers(url: string): Promise<boolean> {
  const headers = { "content-type": "application/x-protobuf" };
  return fetch(`${url}/v1/traces`, { method: "POST", headers, body: new Uint8Array() }).then(
    (reply) => reply.ok,
    () => false,
  );
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
