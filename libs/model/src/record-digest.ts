import { createHash } from "node:crypto";

/** What a stored record is known by wherever it stands in the log: SHA-256 of its bytes, in hex. Sent again, it has the same. */
export const recordDigest = (value: Uint8Array): string => createHash("sha256").update(value).digest("hex");
