/**
 * Sealing keys under the operator's own key management (a cloud's KMS, an HSM, a vault): Tripline keeps the wrapped key alone, and
 * asks for the key itself once, at its start. The hook is a command, so that no client of any service has to be part of Tripline.
 */
import { spawnSync } from "node:child_process";
import { TriplineError } from "@tripline/model";

export interface KeyProvider {
  /** Encrypts a new key under the operator's. @throws TL_SEAL_KEY_INVALID */
  wrap(key: Uint8Array): Uint8Array;
  /** The key that `wrap` was given. @throws TL_SEAL_KEY_INVALID */
  unwrap(wrapped: Uint8Array): Uint8Array;
}

export interface KeyCommands {
  /** Program and arguments, run without a shell: gets the wrapped key on standard input, prints the key (32 bytes, hex or base64). */
  readonly unwrap: readonly string[];
  /** The way there; needed only to make a new key. Gets the key's 32 bytes, prints the wrapped key. */
  readonly wrap?: readonly string[];
  /** Bound of one run. 10 s if absent. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 65_536;

export function keyCommands({ unwrap, wrap, timeoutMs = TIMEOUT_MS }: KeyCommands): KeyProvider {
  return {
    wrap: (key) => {
      if (wrap === undefined) throw invalid("There is no wrapped key, and no command to wrap a new one.");
      const wrapped = run(wrap, key, timeoutMs);
      if (wrapped.byteLength === 0) throw invalid("The command printed nothing.");
      return wrapped;
    },
    unwrap: (wrapped) => run(unwrap, wrapped, timeoutMs),
  };
}

/** The command's standard error is not ours to show: it could quote the key. */
function run([program, ...parameters]: readonly string[], input: Uint8Array, timeoutMs: number): Uint8Array {
  if (program === undefined) throw invalid("No command is given.");
  const { error, status, signal, stdout } = spawnSync(program, parameters, {
    input,
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const code = error !== undefined && "code" in error ? error.code : null;
  if (code === "ETIMEDOUT") throw invalid(`The command did not end within ${timeoutMs} ms.`);
  if (code === "ENOBUFS") throw invalid(`The command printed more than ${MAX_OUTPUT_BYTES} bytes.`);
  // A command that knows its key need not read what it is given.
  if (error !== undefined && code !== "EPIPE") throw invalid(`The command cannot be run (${String(code)}).`);
  if (status !== 0) throw invalid(`The command ended with ${status === null ? String(signal) : `code ${status}`}.`);
  return new Uint8Array(stdout);
}

const invalid = (detail: string): TriplineError => new TriplineError("TL_SEAL_KEY_INVALID", detail);
