/** Hostile requests without end: a seed, some mutations, and sometimes bytes put or cut anywhere. All follows from the run's seed and the number. */
import { ADDRESS_MUTATIONS } from "./addresses.ts";
import { BODY_MUTATIONS } from "./bodies.ts";
import { bytesOf, type Crafted, type Mutation, type Sender } from "./crafted.ts";
import { Draw } from "./draw.ts";
import { HEADER_MUTATIONS } from "./heads.ts";
import { OPERATION_MUTATIONS } from "./operations.ts";
import { LOSSES, READS, type Seed, type Server, SERVERS } from "./seeds.ts";

export interface HostileCase {
  readonly id: string;
  readonly number: number;
  readonly server: Server;
  readonly seed: Seed;
  /** Mutations in the order in which they were made. */
  readonly trail: readonly string[];
  readonly bytes: Buffer;
  /** Whether it surely ends where it says: then others may follow on the same connection. */
  readonly isFramed: boolean;
  /** No body comes back. */
  readonly isHead: boolean;
}

export type SenderTo = (server: Server, draw: Draw) => Sender;

const LOSS_SHARE = 0.65;
const BROKEN_SHARE = 0.15;
/** Left as they are, so that what must pass is seen to pass. */
const PLAIN_SHARE = 0.05;
const MOST_MUTATIONS = 4;

/** Groups are drawn before mutations, so that a long list does not crowd out the others. */
const GROUPS: readonly (readonly Mutation[])[] = [ADDRESS_MUTATIONS, HEADER_MUTATIONS, BODY_MUTATIONS, OPERATION_MUTATIONS, OPERATION_MUTATIONS];

export const caseId = (seed: number, number: number): string => `case-${seed}-${number}`;

export function hostileCase(seed: number, number: number, senderTo: SenderTo): HostileCase {
  const draw = new Draw(seed, number);
  const from = draw.pick(draw.chance(LOSS_SHARE) ? LOSSES : READS);
  const server = SERVERS.find(({ name }) => name === from.server)!;
  const sender = senderTo(server, draw);
  const trail: string[] = [];
  let crafted = from.crafted;
  if (!draw.chance(PLAIN_SHARE)) for (let left = 1 + draw.below(MOST_MUTATIONS); left > 0; left -= 1) crafted = mutated(crafted, draw, trail);
  const id = caseId(seed, number);
  const whole = bytesOf(crafted, sender, id, draw);
  const isBroken = draw.chance(BROKEN_SHARE);
  if (isBroken) trail.push("bytes");
  const bytes = isBroken ? broken(whole, draw) : whole;
  return { id, number, server, seed: from, trail, bytes, isFramed: crafted.isFramed && !isBroken, isHead: crafted.method === "HEAD" };
}

function mutated(crafted: Crafted, draw: Draw, trail: string[]): Crafted {
  const fitting = draw.pick(GROUPS).filter(({ only }) => only === undefined || only.includes(crafted.api));
  if (fitting.length === 0) return crafted;
  const mutation = draw.pick(fitting);
  trail.push(mutation.name);
  return mutation.apply(crafted, draw);
}

const PIECES = [
  "\r\n", "\n", "\r", "\0", " ", "\t", ":", ",", "%2e%2e", "..", "/", "\\", "?", "#", "&", '"', "{", "}", "\r\n\r\n", "0\r\n\r\n", "\ufeff", "\u0130", "\u00e9", "\u00ff", ";", "=",
  "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Host: other\r\n", "X-HTTP-Method-Override: DELETE\r\n", "Content-Encoding: gzip\r\n", "Expect: 100-continue\r\n",
  "mutation", "volumeDelete", "DELETE ", "DeleteTable", "DROP TABLE x", "_method=DELETE", "HTTP/1.0", "HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "DELETE /u/orders/v1/orders/7 HTTP/1.1\r\nHost: gate\r\n\r\n",
];
const MOST_EDITS = 4;
const MOST_CUT = 12;

function broken(whole: Buffer, draw: Draw): Buffer {
  let bytes = whole;
  for (let left = 1 + draw.below(MOST_EDITS); left > 0; left -= 1) {
    const place = draw.below(bytes.length);
    const put = draw.chance(0.8) ? Buffer.from(draw.pick(PIECES)) : Buffer.from([draw.below(256), draw.below(256)]);
    bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + draw.below(MOST_CUT))]);
  }
  return draw.chance(0.1) ? bytes.subarray(0, draw.below(bytes.length)) : bytes;
}
