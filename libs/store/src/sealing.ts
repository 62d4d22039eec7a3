/**
 * Sealing of secrets that must be kept for a while (a probe may need them): AES-256-GCM under a key that is not in the store.
 * The name is bound in as associated data, so sealed bytes cannot be moved to another name; so is the key's id.
 * Layout: version (2) | key id (8) | nonce (12) | tag (16) | ciphertext. Version 1 had no key id and is still opened.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { TriplineError } from "@tripline/model";

export const SEALING_KEY_BYTES = 32;
/** The key that seals, and older ones that only open. */
export const MAX_SEALING_KEYS = 16;
const VERSION = 2;
const VERSION_WITHOUT_KEY_ID = 1;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  seal(name: string, plaintext: string): Uint8Array;
  /** @throws TL_SEAL_BROKEN for an unknown key, another name and altered bytes; the error never holds content */
  open(name: string, sealed: Uint8Array): string;
}

interface Key {
  readonly id: Buffer;
  readonly key: Uint8Array;
}

/**
 * Seals with the first key and opens with any: to rotate, put a new key in front, and take the old one away once nothing that it
 * sealed is left.
 * @throws TL_SEAL_KEY_INVALID unless there are 1 to 16 keys of 32 bytes each
 */
export function createSealer(keys: Uint8Array | readonly Uint8Array[]): Sealer {
  const ring = (keys instanceof Uint8Array ? [keys] : keys).map(withId);
  const [newest] = ring;
  if (newest === undefined || ring.length > MAX_SEALING_KEYS) throw new TriplineError("TL_SEAL_KEY_INVALID", `There are ${ring.length} keys; 1 to ${MAX_SEALING_KEYS} can be used.`);
  return {
    seal: (name, plaintext) => {
      const header = Buffer.concat([Buffer.of(VERSION), newest.id]);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", newest.key, nonce).setAAD(Buffer.concat([header, Buffer.from(name)]));
      const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return new Uint8Array(Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]));
    },
    open: (name, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes[0] === VERSION_WITHOUT_KEY_ID) return openWithAny(ring, name, bytes);
      const headerBytes = 1 + KEY_ID_BYTES;
      if (bytes[0] !== VERSION || bytes.length < headerBytes + NONCE_BYTES + TAG_BYTES) throw new TriplineError("TL_SEAL_BROKEN");
      const header = bytes.subarray(0, headerBytes);
      const id = header.subarray(1);
      const found = ring.find((one) => one.id.equals(id));
      // An id says nothing of its key, and an operator needs it to find the right one.
      if (found === undefined) throw new TriplineError("TL_SEAL_BROKEN", `It was sealed with key ${id.toString("hex")}, which is not given.`);
      const opened = decrypt(found.key, Buffer.concat([header, Buffer.from(name)]), bytes.subarray(headerBytes));
      if (opened === null) throw new TriplineError("TL_SEAL_BROKEN");
      return opened;
    },
  };
}

/** The id follows from the key, so that nobody has to give keys names, nor can give two the same. */
function withId(key: Uint8Array): Key {
  if (key.byteLength !== SEALING_KEY_BYTES) throw new TriplineError("TL_SEAL_KEY_INVALID", `It has ${key.byteLength} bytes.`);
  return { key, id: createHmac("sha256", key).update("tripline sealing key id").digest().subarray(0, KEY_ID_BYTES) };
}

function openWithAny(ring: readonly Key[], name: string, bytes: Buffer): string {
  if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES) throw new TriplineError("TL_SEAL_BROKEN");
  for (const { key } of ring) {
    const opened = decrypt(key, Buffer.from(name), bytes.subarray(1));
    if (opened !== null) return opened;
  }
  throw new TriplineError("TL_SEAL_BROKEN");
}

/** `body`: nonce | tag | ciphertext. Null for anything but what was sealed. */
function decrypt(key: Uint8Array, associated: Buffer, body: Buffer): string | null {
  const decipher = createDecipheriv("aes-256-gcm", key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(associated);
  decipher.setAuthTag(body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    // The library's own error is dropped on purpose: nothing of key or content may travel with it.
    return null;
  }
}
