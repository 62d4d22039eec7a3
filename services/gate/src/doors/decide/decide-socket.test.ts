import { redact } from "@tripline/canonical";
import { existsSync, mkdtempSync, renameSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AnswerBody } from "../../answer.ts";
import { LIMITS } from "../../limits.ts";
import { createDecideSocket } from "./decide-socket.ts";
import { frameOf, frameReader } from "./frames.ts";
import { gateWorld, type GateWorld, TOKEN, tripped } from "./gate.fixture.ts";

let w: GateWorld;
beforeEach(async () => {
  w = await gateWorld();
});
afterEach(() => w.close());

interface Reply {
  readonly ready?: true;
  readonly id?: number | string | null;
  readonly answer?: AnswerBody;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A client that keeps what comes. */
async function client(path = w.socket): Promise<{ socket: Socket; send: (body: unknown) => void; replies: Reply[]; reply: (count: number) => Promise<Reply>; ended: Promise<unknown> }> {
  const socket = connect(path);
  const take = frameReader(LIMITS.bodyBytes);
  const replies: Reply[] = [];
  socket.on("data", (chunk: Buffer) => (take(chunk) ?? []).forEach((frame) => replies.push(JSON.parse(frame.toString("utf8")) as Reply)));
  socket.on("error", () => undefined);
  const ended = once(socket, "close").catch(() => undefined);
  await once(socket, "connect");
  return {
    socket, replies, ended, send: (body) => void socket.write(frameOf(body)),
    reply: (count) => vi.waitFor(() => {
      if (replies.length < count) throw new Error(`${replies.length} of ${count} replies`);
      return replies[count - 1]!;
    }, { timeout: 5_000, interval: 5 }),
  };
}

const READ = { tool: "query", request: { kind: "sql", system: "postgresql", text: "select 1" } };
const CROSSING = { tool: "query", request: { kind: "sql", system: "postgresql", text: "insert into a values (1)" }, resource: { kind: "database", id: "shop", environment: "production" } };

describe("the socket of the decide API", () => {
  it("is its owner's alone", () => {
    expect(statSync(w.socket).mode & 0o777).toBe(0o600);
  });
  it("answers after the token, each request under its id", async () => {
    const { send, reply, replies } = await client();
    send({ token: TOKEN });
    expect(await reply(1)).toEqual({ ready: true });
    send({ id: 1, call: READ });
    send({ id: "two", call: CROSSING });
    await reply(3);
    const byId = new Map(replies.map((one) => [one.id, one]));
    expect(byId.get(1)?.answer).toMatchObject({ decision: "allow", rule: "read" });
    expect(byId.get("two")?.answer).toMatchObject({ decision: "deny", rule: "environment.crossing" });
  });
  it.each([["a request", { id: 1, call: READ }], ["a wrong token", { token: "0123456789abcdef0123" }], ["no object", 7]])("ends the connection that begins with %s", async (_what, first) => {
    const { send, reply, ended, replies } = await client();
    send(first);
    expect((await reply(1)).error?.code).toBe("TL_GATE_UNAUTHENTICATED");
    await ended;
    expect(replies).toHaveLength(1);
  });
  it("ends a connection whose frame is too long, and waits for no more of it", async () => {
    const { socket, reply, ended } = await client();
    socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]));
    expect((await reply(1)).error?.code).toBe("TL_GATE_INVALID");
    await ended;
  });
  it("ends a connection that never says who it is", async () => {
    const slow = await gateWorld({ headersTimeoutMs: 100 });
    const { ended } = await client(slow.socket);
    await ended;
    await slow.close();
  });
  it("refuses what cannot be used, and goes on", async () => {
    const { send, socket, reply, replies } = await client();
    send({ token: TOKEN });
    await reply(1);
    for (const bad of [{ id: 1 }, { id: 2, call: { tool: "" } }, { id: 3, call: { ...READ, arguments: JSON.parse(`${"[".repeat(33)}${"]".repeat(33)}`) as unknown } }, { id: {}, call: READ }, { call: READ }, [READ]]) send(bad);
    socket.write(Buffer.concat([Buffer.from([0, 0, 0, 3]), Buffer.from("{\"i")]));
    send({ id: 9, call: READ });
    await reply(9);
    expect(replies.slice(1).filter(({ error }) => error !== undefined).map(({ error }) => error?.code)).toEqual(Array.from({ length: 7 }, () => "TL_GATE_INVALID"));
    expect(replies.find(({ id }) => id === 9)?.answer?.decision).toBe("allow");
  });
  it("answers thousands of requests sent at once, deciding a bounded number of them at a time", async () => {
    const narrow = await gateWorld({ socketPipelined: 4 });
    const { send, reply, replies } = await client(narrow.socket);
    send({ token: TOKEN });
    for (let id = 0; id < 3_000; id += 1) send({ id, call: READ });
    await reply(3_001);
    expect(replies.slice(1).map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 3_000 }, (_, id) => id));
    expect(replies.slice(1).every(({ answer }) => answer?.decision === "allow")).toBe(true);
    await narrow.close();
  });
  it("denies on an open connection as soon as the breaker is open", async () => {
    const { send, reply, replies } = await client();
    send({ token: TOKEN });
    await reply(1);
    await w.append("breakers", "coder", tripped("coder"));
    await vi.waitFor(() => {
      send({ id: 1, call: READ });
      expect(replies.at(-1)?.answer?.rule).toBe("breaker.open");
    });
  });
  it("answers nothing any more on a connection whose lease has ended", async () => {
    const { send, reply } = await client();
    send({ token: TOKEN });
    await reply(1);
    w.forget(TOKEN);
    send({ id: 1, call: READ });
    expect(await reply(2)).toMatchObject({ id: 1, error: { code: "TL_GATE_UNAUTHENTICATED" } });
  });
  it("is gone with the gate, and its connections with it", async () => {
    const other = await gateWorld();
    const { send, reply, ended } = await client(other.socket);
    send({ token: TOKEN });
    await reply(1);
    await other.close();
    await ended;
    expect(existsSync(other.socket)).toBe(false);
  });
});

describe("a path that is taken", () => {
  const deps = { authenticate: () => null, decideCall: () => Promise.reject(new Error("not asked")), lookThrough: (_tenant: string, text: string) => redact(text), limits: LIMITS };
  const path = (): string => join(mkdtempSync(join(tmpdir(), "gate-socket-")), "s");
  it("by something else is left alone", async () => {
    const file = path();
    writeFileSync(file, "notes");
    await expect(createDecideSocket(deps).listen(file)).rejects.toThrow(/TL_CONFIG_ADDRESS/u);
    await expect(createDecideSocket(deps).listen(w.socket)).rejects.toThrow(/another process listens/u);
  });
  it("by a socket that nobody listens at any more is taken over", async () => {
    const file = path();
    const dead = createServer();
    dead.listen(file);
    await once(dead, "listening");
    // As after a kill: the file stays.
    renameSync(file, `${file}.kept`);
    dead.close();
    renameSync(`${file}.kept`, file);
    const socket = createDecideSocket(deps);
    await socket.listen(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await socket.close();
  });
});
