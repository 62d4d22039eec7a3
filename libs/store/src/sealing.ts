/**
 * Sealing of secrets that must be kept for a while (a probe may need them): AES-256-GCM under a key that is not in the store.
 * The name is bound in as associated data, so sealed bytes cannot be moved to another name.
 * Layout: version (1) | nonce (12) | tag (16) | ciphertext.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { TriplineError } from "@tripline/model";

export const SEALING_KEY_BYTES = 32;
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export interface Sealer {
  seal(name: string, plaintext: string): Uint8Array;
  /** @throws TL_SEAL_BROKEN for a wrong key or name and for altered bytes; the error never holds content */
  open(name: string, sealed: Uint8Array): string;
}

/** @throws TL_SEAL_KEY_INVALID unless the key has 32 bytes */
export function createSealer(key: Uint8Array): Sealer {
  if (key.byteLength !== SEALING_KEY_BYTES) throw new TriplineError("TL_SEAL_KEY_INVALID", `It has ${key.byteLength} bytes.`);
  return {
    seal: (name, plaintext) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(name));
      const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return new Uint8Array(Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]));
    },
    open: (name, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) throw new TriplineError("TL_SEAL_BROKEN");
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name));
      decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, HEADER_BYTES));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]).toString("utf8");
      } catch {
        // The library's own error is dropped on purpose: nothing of key or content may travel with it.
        throw new TriplineError("TL_SEAL_BROKEN");
      }
    },
  };
}
