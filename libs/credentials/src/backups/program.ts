/** Runs one program of PostgreSQL. What it writes to standard error is read for a few known causes and shown to nobody: it quotes data. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";

export interface ProgramRun {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor that it reads; null = nothing. */
  readonly input: number | null;
  /** Takes its output; rejecting ends the program. */
  readonly output: ((stream: Readable) => Promise<void>) | null;
  readonly signal: AbortSignal;
}

export type ProgramOutcome = { readonly kind: "done" } | { readonly kind: "failed"; readonly reason: string };

const MAX_WORDS_CHARS = 65_536;

/** Never throws. */
export async function runProgram({ program, parameters, environment, input, output, signal }: ProgramRun): Promise<ProgramOutcome> {
  if (signal.aborted) return failed(TOO_LONG);
  const child = started({ program, parameters, environment, input, output });
  if (child === null) return failed("the program could not be run");
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (words.length < MAX_WORDS_CHARS) words += text.slice(0, MAX_WORDS_CHARS - words.length);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  });
  const taken = output === null || child.stdout === null ? Promise.resolve(null) : output(child.stdout).then(() => null, (error: unknown) => {
    kill();
    return error instanceof OutputRefused ? error.message : `what it wrote could not be kept (${error instanceof Error && "code" in error ? String(error.code) : "unknown error"})`;
  });
  const [code, refused] = await Promise.all([ended, taken]);
  signal.removeEventListener("abort", kill);
  if (refused !== null && !signal.aborted) return failed(refused);
  if (code === 0) return { kind: "done" };
  return failed(signal.aborted ? TOO_LONG : causeOf(words, code));
}

/** Null for what cannot even be asked of the system; its error would quote the environment. */
function started({ program, parameters, environment, input, output }: Omit<ProgramRun, "signal">): ChildProcess | null {
  try {
    return spawn(program, parameters, { env: { ...environment }, cwd: "/", shell: false, stdio: [input ?? "ignore", output === null ? "ignore" : "pipe", "pipe"] });
  } catch {
    return null;
  }
}

/** Thrown by whoever takes the output; its message is our own. */
export class OutputRefused extends Error {}

const failed = (reason: string): ProgramOutcome => ({ kind: "failed", reason });
const TOO_LONG = "it took too long, or was cancelled";

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/server version mismatch/u, "the program is older than the server"],
  [/password authentication failed|no password supplied/u, "the guard's password was refused"],
  [/permission denied|must be (?:owner|superuser|able)/u, "the guard's role may not do all of it: make it a member of the roles that own something there, or restore without owners"],
  [/row-level security|row security/u, "row-level security keeps rows from the guard's role: give it BYPASSRLS"],
  [/role "[^"]*" does not exist/u, "a role that owns something in it does not exist on the server: make it, or restore without owners"],
  [/No space left|disk full/u, "the disk is full"],
  [/lock timeout|could not obtain lock/u, "a table stayed locked"],
  [/extension "[^"]*" is not available/u, "an extension that it needs is not installed on the server"],
  [/connection to server|could not connect|server closed the connection/u, "the server did not answer"],
  [/did not find magic string|does not appear to be a valid archive|unsupported version/u, "the dump cannot be read"],
  [/already exists/u, "something of it exists already"],
];

function causeOf(words: string, code: number | null): string {
  return CAUSES.find(([pattern]) => pattern.test(words))?.[1] ?? (code === null ? "the program could not be run, or was killed" : `the program ended with code ${code}`);
}
