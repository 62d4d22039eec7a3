/**
 * Where a sealing key comes from: a file that only we can read, text from the environment, or a file that holds it wrapped by the
 * operator's key management.
 */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { dirname } from "node:path";
import { TriplineError } from "@tripline/model";
import type { KeyProvider } from "./key-provider.ts";
import { makePrivateDirectory, syncDirectory } from "./private-file.ts";
import { SEALING_KEY_BYTES } from "./sealing.ts";

/**
 * The key in `path`, generated there (mode 0600) if the file is missing.
 * @throws TL_SEAL_KEY_INVALID if it has another length, or if others may read it
 */
export function sealingKeyFromFile(path: string): Uint8Array {
  const key = readKey(path) ?? createWhole(path, randomBytes(SEALING_KEY_BYTES));
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

/**
 * The key that `path` holds wrapped. If the file is missing, a new key is made and wrapped there; not before the provider has shown
 * that it gives the same key back.
 * @throws TL_SEAL_KEY_INVALID if the provider fails, or what it gives is no key
 */
export function sealingKeyFromProvider(path: string, provider: KeyProvider): Uint8Array {
  const wrapped = readIfThere(path) ?? createWhole(path, wrapNewKey(provider));
  return keyOf(provider.unwrap(wrapped));
}

function wrapNewKey(provider: KeyProvider): Uint8Array {
  const key = randomBytes(SEALING_KEY_BYTES);
  const wrapped = provider.wrap(key);
  const unwrapped = keyOf(provider.unwrap(wrapped));
  if (!timingSafeEqual(unwrapped, key)) throw new TriplineError("TL_SEAL_KEY_INVALID", "What the provider wrapped does not unwrap to the same key.");
  return wrapped;
}

/** The bytes themselves, or text of them. */
function keyOf(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === SEALING_KEY_BYTES ? bytes : sealingKeyFromText(Buffer.from(bytes).toString("utf8"));
}

function readKey(path: string): Uint8Array | null {
  const bytes = readIfThere(path);
  if (bytes !== null && (statSync(path).mode & 0o077) !== 0) throw new TriplineError("TL_SEAL_KEY_INVALID", `Others may read ${path}; it must have mode 0600.`);
  return bytes;
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** The whole file appears under its name at once, or not at all: a crash leaves no half of it, a race has one winner, who is answered. */
function createWhole(path: string, content: Uint8Array): Uint8Array {
  makePrivateDirectory(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = openSync(draft, "wx", 0o600);
  writeSync(file, content);
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
