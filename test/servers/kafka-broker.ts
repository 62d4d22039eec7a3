/** One Kafka broker (and controller) as a process of its own, with what a fault test does to it. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface KafkaNode {
  readonly id: number;
  /** host:port for clients. */
  readonly address: string;
  readonly pid: number | null;
  readonly running: boolean;
  /** SIGKILL: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Starts again on the same data and the same ports. Answers once the process runs; see KafkaCluster.ready. */
  start(): void;
  /** Orderly, bounded; then by force. */
  stop(): Promise<void>;
  /** The last it printed, for errors. */
  lastWords(): string;
  /** What no test asks for: that it gave up a part of its work, or ended by itself. */
  faults(): readonly string[];
}

export interface NodePlan {
  readonly id: number;
  readonly address: string;
  readonly jars: string;
  readonly directory: string;
  readonly clusterId: string;
  readonly properties: Readonly<Record<string, string | number>>;
  /** Further arguments of the format command: users, for one. */
  readonly formatArguments: readonly string[];
}

const FORMAT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const LAST_WORDS_CHARS = 4_000;
/** A broker that says this goes on without some partitions, or not at all; clients only see that it does not answer. */
const FAULT = /Too many open files|No space left|OutOfMemoryError|Map failed|Encountered \w[\w ]* fault: .*/u;
const MOST_FAULTS = 5;
/** Short tests: a small heap, the plain collector, and no second compiler that needs time to warm up. */
const JAVA_OPTIONS = ["-Xmx512m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

export async function prepareNode(plan: NodePlan): Promise<KafkaNode> {
  const file = join(plan.directory, `node-${plan.id}.properties`);
  writeFileSync(file, Object.entries(plan.properties).map(([name, value]) => `${name}=${value}`).join("\n"));
  const classpath = ["-cp", join(plan.jars, "*")];
  const format = ["kafka.tools.StorageTool", "format", "-t", plan.clusterId, "-c", file, ...plan.formatArguments];
  await run("java", [...JAVA_OPTIONS, ...classpath, ...format], { timeout: FORMAT_TIMEOUT_MS });
  return node(plan, [...JAVA_OPTIONS, ...logging(plan.directory), ...classpath, "kafka.Kafka", file]);
}

/** Warnings only, to the standard output: either logging library reads its own file. */
function logging(directory: string): string[] {
  const old = join(directory, "log4j.properties");
  const layout = ["log4j.appender.out=org.apache.log4j.ConsoleAppender", "log4j.appender.out.layout=org.apache.log4j.PatternLayout"];
  writeFileSync(old, ["log4j.rootLogger=WARN, out", ...layout, "log4j.appender.out.layout.ConversionPattern=%d %p %m%n"].join("\n"));
  const current = join(directory, "log4j2.properties");
  const console = ["appender.out.type=Console", "appender.out.name=out", "appender.out.layout.type=PatternLayout", "appender.out.layout.pattern=%d %p %m%n"];
  writeFileSync(current, [...console, "rootLogger.level=warn", "rootLogger.appenderRef.out.ref=out"].join("\n"));
  return [`-Dlog4j.configuration=file:${old}`, `-Dlog4j2.configurationFile=${current}`];
}

/** A thread that the processor has not come to yet answers once more (seen); where there is no /proc, that is borne. */
function untilStopped(pid: number | null): void {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return;
  for (const endMs = performance.now() + STOPPED_MS; performance.now() < endMs; Atomics.wait(NOBODY, 0, 0, 1)) {
    if (readdirSync(tasks).every((task) => isStopped(`${tasks}/${task}/stat`))) return;
  }
}

function isStopped(stat: string): boolean {
  try {
    // After the name in brackets, which may hold anything: proc(5).
    return readFileSync(stat, "utf8").split(") ").at(-1)?.startsWith("T") === true;
  } catch {
    return true;
  }
}

const STOPPED_MS = 2_000;
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

function node({ id, address, directory }: NodePlan, command: readonly string[]): KafkaNode {
  let child: ChildProcess | null = null;
  let words = "";
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < MOST_FAULTS && !faults.includes(text) ? faults.push(text) : 0);
  let ending = false;
  const killWithParent = (): void => void child?.kill("SIGKILL");
  const exited = (): boolean => child === null || child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals): void => void (exited() ? false : child?.kill(name));
  const untilExit = async (timeoutMs: number): Promise<boolean> => {
    for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(20)) if (exited()) return true;
    return exited();
  };
  const kill = async (): Promise<void> => {
    ending = true;
    signal("SIGKILL");
    await untilExit(STOP_TIMEOUT_MS);
  };
  return {
    id,
    address,
    get pid() {
      return child?.pid ?? null;
    },
    get running() {
      return !exited();
    },
    kill,
    pause: () => {
      signal("SIGSTOP");
      untilStopped(child?.pid ?? null);
    },
    resume: () => signal("SIGCONT"),
    start: () => {
      if (!exited()) return;
      ending = false;
      child = spawn("java", command, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
      const keep = (chunk: Buffer): void => {
        const text = chunk.toString("utf8");
        words = (words + text).slice(-LAST_WORDS_CHARS);
        const found = FAULT.exec(text);
        if (found !== null) fault(found[0]);
      };
      child.stdout?.on("data", keep);
      child.stderr?.on("data", keep);
      process.once("exit", killWithParent);
      child.once("exit", (code, signalName) => {
        process.off("exit", killWithParent);
        if (!ending) fault(`ended by itself (${code ?? signalName})`);
      });
    },
    stop: async () => {
      ending = true;
      signal("SIGCONT");
      signal("SIGTERM");
      if (!(await untilExit(STOP_TIMEOUT_MS))) await kill();
    },
    lastWords: () => words,
    faults: () => faults,
  };
}

export const removeDirectory = (directory: string): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
