/** Clients that are refused while they still send. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, TOKENS, type World } from "./testing/world.ts";

let upstream: TestUpstream;
let world: World;
let port: number;

beforeAll(async () => {
  upstream = await startUpstream();
  world = await openHttpWorld({ upstreams: [{ url: new URL(upstream.url) }] });
  port = Number(new URL(world.url).port);
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});
beforeEach(() => void upstream.reached.splice(0));

/** More than the system keeps of what was sent and not read. */
const LARGE = 14_000_000;
const head = (length: string, more = "") => `POST /u/api/notes HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${TOKENS.coder}\r\n${length}\r\n${more}\r\n`;

/** As a client does that reads nothing before it has sent all: answers what it read then, and how long the connection lasted. */
function sendThenRead(bytes: Buffer, goOn = false): Promise<{ readonly answer: string; readonly lastedMs: number }> {
  return new Promise((resolve) => {
    const startMs = performance.now();
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    let isOver = false;
    const more = (): void => {
      if (goOn && !isOver) socket.write(Buffer.alloc(65_536, 0x78), () => setTimeout(more, 5));
    };
    socket.pause().on("data", (part) => (answer += part.toString("latin1"))).on("error", () => undefined);
    socket.on("close", () => {
      isOver = true;
      resolve({ answer, lastedMs: performance.now() - startMs });
    });
    socket.write(bytes, () => {
      socket.resume();
      more();
    });
  });
}

describe("a client that is refused while it sends", () => {
  it.each([["of known length", head(`Content-Length: ${LARGE}`), "x".repeat(LARGE)], ["in parts", head("Transfer-Encoding: chunked"), `${LARGE.toString(16)}\r\n${"x".repeat(LARGE)}\r\n0\r\n\r\n`]])(
    "reads why its body %s was not taken, however late it reads",
    async (_name, begin, body) => {
      for (let times = 0; times < 2; times += 1) {
        const { answer } = await sendThenRead(Buffer.from(begin + body));
        expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*connection: close[^]*TL_GATE_INVALID/i);
      }
      expect(upstream.reached).toEqual([]);
    },
  );

  it("is not listened to for ever", async () => {
    const { answer, lastedMs } = await sendThenRead(Buffer.from(`${head("Content-Length: 900000000000")}begin`), true);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(lastedMs).toBeLessThan(4_000);
  });

  it("has no further request of the same connection decided or carried out", async () => {
    const next = `GET /u/api/next HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${TOKENS.coder}\r\n\r\n`;
    const { answer } = await sendThenRead(Buffer.from(head(`Content-Length: ${LARGE}`) + "x".repeat(LARGE) + next));
    await sleep(100);
    expect(answer.match(/HTTP\/1\.1 /g) ?? []).toHaveLength(1);
    expect([upstream.reached, (await world.records()).map(({ action }) => action.request)]).toEqual([[], []]);
  });
});
