import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frameOf } from "@tripline/gate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LauncherConfig } from "../config.ts";
import { doorSurfaces } from "./doors.ts";
import { askSocket } from "./socket.ts";
import { look } from "./surface.ts";

let dir: string;
let path: string;
let server: Server | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tripline-socket-"));
  path = join(dir, "gate.sock");
});
afterEach(async () => {
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
  rmSync(dir, { recursive: true });
});

async function listen(serve: (socket: Socket) => void): Promise<void> {
  const before = process.umask(0o177);
  server = createServer((socket) => serve(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  process.umask(before);
}
const answering = (body: unknown) => listen((socket) => void socket.once("data", () => socket.end(frameOf(body))));

describe("asking the decide socket", () => {
  it("tells a refusal and an open door from whatever else answers there", async () => {
    expect((await askSocket(path, [{ token: "x" }])).kind).toBe("absent");
    await answering({ error: { code: "TL_GATE_UNAUTHENTICATED" } });
    expect(await askSocket(path, [{ token: "x" }])).toEqual({ kind: "refused", note: "TL_GATE_UNAUTHENTICATED" });
  });

  it.each([
    ["ready for everybody", { ready: true }, "open"],
    ["a decision without a token", { id: 1, answer: { decision: "allow" } }, "open"],
    ["another error", { error: { code: "TL_GATE_OVERLOADED" } }, "open"],
    ["nothing that is an object", [1], "open"],
  ])("takes %s for no refusal", async (_what, body, kind) => {
    await answering(body);
    expect((await askSocket(path, [{ token: "x" }])).kind).toBe(kind);
  });

  it("gives up on what is no frame, and on what ends without a word", async () => {
    await listen((socket) => void socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(await askSocket(path, [{}])).toMatchObject({ kind: "absent", note: "something else than the gate answered" });
    await new Promise((resolve) => server!.close(resolve));
    await listen((socket) => void socket.once("data", () => socket.destroy()));
    expect((await askSocket(path, [{}])).kind).toBe("absent");
  });

  it("makes a socket that takes any token one that is not enforced, though its file's mode is right", async () => {
    await answering({ ready: true });
    const config = { gate: { host: "127.0.0.1", port: 0, socket: path, upstreams: [], approvals: { host: "127.0.0.1", port: 0 }, approvers: [] }, ingest: { host: "127.0.0.1", port: 0 } } as unknown as LauncherConfig;
    const surfaces = doorSurfaces({ config, adminUrls: [], held: { admin: "admin-token", agent: { id: "coder", token: "agent-token" } } });
    const [looked] = await look(surfaces.filter(({ name }) => name === "unix socket"));
    expect(looked).toMatchObject({ verdict: "not enforced", tries: [{ ok: true }, { ok: false }, { tried: "a decision with a made-up token", ok: false }, { ok: false }, { tried: "opening it with the token of agent coder", ok: true }] });
    expect(JSON.stringify(looked)).not.toMatch(/admin-token|agent-token/u);
  });
});
