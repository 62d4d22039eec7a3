/** Child processes that speak JSON lines and are ended by their own process id, whatever happens to the demo. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Sends one JSON line to its standard input and leaves it open: its closing is the sign that the demo is gone. */
  send(value: unknown): void;
  /** The last lines it wrote to standard error, for an error message. */
  complaints(): string;
  /** Resolves with its exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  end(): Promise<void>;
}

/** Kept lines of standard error. */
const COMPLAINT_LINES = 20;
/** After a polite signal, this long until the other one. */
const GRACE_MS = 3_000;
/** Longest wait for an answer of a child. */
const ANSWER_MS = 5_000;

const running = new Set<ChildProcess>();
// Whatever ends this process, nothing that it started stays behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function startChild(name: string, args: readonly string[], onLine: (line: string) => void, env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  running.add(child);
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", onLine);
  createInterface({ input: child.stderr }).on("line", (line) => {
    errors.push(line.slice(0, 400));
    if (errors.length > COMPLAINT_LINES) errors.shift();
  });
  // A write to a child that has just ended must not end the demo; its exit code says the rest.
  child.stdin.on("error", () => undefined);
  const exited = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null)).once("exit", (code) => resolve(code));
  }).finally(() => running.delete(child));
  return {
    name,
    pid: child.pid ?? -1,
    send: (value) => void child.stdin.write(`${JSON.stringify(value)}\n`),
    complaints: () => errors.join("\n"),
    exited,
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** `fetch failed` says nothing; what caused it does. */
function rootOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** JSON from a child's own HTTP address. An answer that does not come, or is no success, says which child and what it said last. */
export async function askChild(child: Child, url: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(`${child.name} does not answer: ${rootOf(error)}.\n${child.complaints()}`, { cause: error });
  }
}

/** Waits for a value that lines of the child give; fails clearly when the child ends first, or time runs out. */
export async function within<T>(ms: number, what: string, child: Child, value: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${child.name}: no ${what} within ${ms} ms.\n${child.complaints()}`)), ms);
  });
  const gone = child.exited.then((code): never => {
    throw new Error(`${child.name} ended (exit code ${code}) before ${what}.\n${child.complaints()}`);
  });
  try {
    return await Promise.race([value, late, gone]);
  } finally {
    clearTimeout(timer);
    gone.catch(() => undefined);
  }
}
