import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { listenError } from "./listen-error.ts";

const listen = (port: number) =>
  new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server));
  });
const at = (port: number) => ({ host: "127.0.0.1", port });

it("names the key of a port that something else listens at, and leaves every other error alone", async () => {
  const first = await listen(0);
  const { port } = first.address() as AddressInfo;
  const config = { ingest: at(1), admin: at(2), monitoring: at(port) };
  const taken = await listen(port).then(() => null, (error: unknown) => error);
  expect(String(listenError(taken, config))).toMatch(new RegExp(`TL_CONFIG_ADDRESS.*monitoring\\.port ${port}: EADDRINUSE`));
  for (const [key, tls] of [["port", { port, forwardPort: 1 }], ["forwardPort", { port: 1, forwardPort: port }]] as const) {
    expect(String(listenError(taken, { ...config, monitoring: at(4), gate: { port: 5, approvals: at(3), tls } as never }))).toMatch(new RegExp(`gate\\.tls\\.${key} ${port}: EADDRINUSE`));
  }
  const nowhere = await new Promise((resolve) => createServer().once("error", resolve).listen("/nonexistent/gate.sock"));
  expect(String(listenError(nowhere, { ...config, gate: { socket: "/nonexistent/gate.sock", approvals: at(3) } as never }))).toMatch(/TL_CONFIG_ADDRESS.*gate\.socket \/nonexistent\/gate\.sock: E/u);
  const other = new Error("another");
  expect(listenError(other, config)).toBe(other);
  first.close();
});
