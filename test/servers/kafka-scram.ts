/** Gives a user of SCRAM-SHA-512 another password, as `kafka-configs` does: kafkajs has no such request. */
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

const ALTER_USER_SCRAM_CREDENTIALS = 51;
const SCRAM_SHA_512 = 2;
const ITERATIONS = 4_096;
const HASH_BYTES = 64;
/** Where no tagged fields follow. */
const NO_TAGS = Buffer.from([0]);

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >>> 16), int16(value & 0xffff)]);
/** Compact: the length and one, in one byte. */
const compact = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([bytes.length + 1]), bytes]);

/** `broker`: host:port of a listener without TLS, whose users may do everything. Resolves once the brokers have stored it. */
export async function changePassword(broker: string, user: string, password: string): Promise<void> {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, HASH_BYTES, "sha512");
  const header = [int16(ALTER_USER_SCRAM_CREDENTIALS), int16(0), int32(1), int16(0xffff), NO_TAGS];
  const deletions = compact(Buffer.alloc(0));
  const upsertion = [compact(Buffer.from(user)), Buffer.from([SCRAM_SHA_512]), int32(ITERATIONS), compact(salt), compact(salted), NO_TAGS];
  const request = Buffer.concat([...header, deletions, Buffer.from([2]), ...upsertion, NO_TAGS]);
  const [host, port] = broker.split(":");
  const socket = connect({ host: host ?? "", port: Number(port) });
  try {
    socket.write(Buffer.concat([int32(request.length), request]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    // Size, correlation, tags, throttle time, one result: its user, then the error code.
    const errorCode = answer.readInt16BE(4 + 4 + 1 + 4 + 1 + 1 + Buffer.byteLength(user));
    if (errorCode !== 0) throw new Error(`the password was not changed: code ${errorCode}`);
  } finally {
    socket.destroy();
  }
}
