/** Where the sealing key comes from: a file that only we can read, made at first use, or text from the environment. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { TriplineError } from "@tripline/model";
import { makePrivateDirectory, syncDirectory } from "./private-file.ts";
import { SEALING_KEY_BYTES } from "./sealing.ts";

/**
 * The key in `path`, generated there (mode 0600) if the file is missing.
 * @throws TL_SEAL_KEY_INVALID if it has another length, or if others may read it
 */
export function sealingKeyFromFile(path: string): Uint8Array {
  const key = readKey(path) ?? createKey(path);
  if (key.byteLength !== SEALING_KEY_BYTES) throw new TriplineError("TL_SEAL_KEY_INVALID", `File: ${path}.`);
  return key;
}

/** A key given as text: 64 hexadecimal digits, or base64 of 32 bytes. @throws TL_SEAL_KEY_INVALID */
export function sealingKeyFromText(text: string): Uint8Array {
  const trimmed = text.trim();
  const key = new Uint8Array(Buffer.from(trimmed, /^[0-9a-f]{64}$/iu.test(trimmed) ? "hex" : "base64"));
  if (key.byteLength !== SEALING_KEY_BYTES) throw new TriplineError("TL_SEAL_KEY_INVALID");
  return key;
}

function readKey(path: string): Uint8Array | null {
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw new TriplineError("TL_SEAL_KEY_INVALID", `Others may read ${path}; it must have mode 0600.`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** The whole key appears under its name at once, or not at all: a crash leaves no half of it, a race has one winner. */
function createKey(path: string): Uint8Array {
  makePrivateDirectory(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = openSync(draft, "wx", 0o600);
  writeSync(file, randomBytes(SEALING_KEY_BYTES));
  fsyncSync(file);
  closeSync(file);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
  syncDirectory(dirname(path));
  return new Uint8Array(readFileSync(path));
}
