import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { adminClient } from "./admin-client.ts";

/** Answers with the bearer token that it was shown, and under which name it runs. */
async function controlPlane(name: string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => response.end(JSON.stringify({ name, shown: request.headers.authorization })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("the admin client", () => {
  let folder: string;
  let servers: Server[];
  let elsewhere: string;
  const ask = (): Promise<unknown> => adminClient({ config: [join(folder, "site.yaml")], json: true }).get("/v1/agents");

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tripline-admin-"));
    const [local, remote] = await Promise.all([controlPlane("local"), controlPlane("elsewhere")]);
    servers = [local.server, remote.server];
    elsewhere = remote.url;
    writeFileSync(join(folder, "site.yaml"), "dataDir: .");
    writeFileSync(join(folder, "admin.json"), JSON.stringify({ url: local.url, pid: 1 }));
    writeFileSync(join(folder, "admin-token"), "kept\n");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  it("finds address and token in the data directory", async () => {
    expect(await ask()).toEqual({ name: "local", shown: "Bearer kept" });
  });

  it("never sends what was meant for a given address to this machine's instance, whether a token was given with it or not", async () => {
    vi.stubEnv("TRIPLINE_ADMIN_URL", `${elsewhere}/`);
    expect(await ask()).toEqual({ name: "elsewhere", shown: "Bearer kept" });
    vi.stubEnv("TRIPLINE_ADMIN_TOKEN", "given");
    expect(await ask()).toEqual({ name: "elsewhere", shown: "Bearer given" });
  });

  it("takes a given token to the instance of this data directory", async () => {
    vi.stubEnv("TRIPLINE_ADMIN_TOKEN", "given");
    rmSync(join(folder, "admin-token"));
    expect(await ask()).toEqual({ name: "local", shown: "Bearer given" });
    vi.unstubAllEnvs();
    expect(ask).toThrow(/TL_NOT_RUNNING.*set TRIPLINE_ADMIN_TOKEN/);
  });

  it("passes over hosts that are unknown and addresses that nobody listens at, and says where it asked when there is no other", async () => {
    const { server, url: closed } = await controlPlane("gone");
    await new Promise((resolve) => server.close(resolve));
    vi.stubEnv("TRIPLINE_ADMIN_URL", `http://no-such-host.invalid:4319,${closed},${elsewhere}`);
    expect(await ask()).toMatchObject({ name: "elsewhere" });
    vi.stubEnv("TRIPLINE_ADMIN_URL", closed);
    await expect(ask()).rejects.toThrow(`Nothing answers at ${closed}.`);
  });

  it("asks nobody else when a connection breaks: the order may have been carried out", async () => {
    const breaking = createServer((request) => request.socket.destroy());
    servers.push(breaking);
    await new Promise<void>((resolve) => breaking.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("TRIPLINE_ADMIN_URL", `http://127.0.0.1:${(breaking.address() as AddressInfo).port},${elsewhere}`);
    await expect(ask()).rejects.toThrow(/^TL_CONNECTION_BROKEN: .*first see with `tripline breakers` whether it was carried out/);
  });

  it("says of an answer that ends midway that the connection broke, not that nothing runs", async () => {
    const ending = createServer((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"agents":[');
      setTimeout(() => response.destroy(), 20);
    });
    servers.push(ending);
    await new Promise<void>((resolve) => ending.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("TRIPLINE_ADMIN_URL", `http://127.0.0.1:${(ending.address() as AddressInfo).port}`);
    await expect(ask()).rejects.toThrow(/^TL_CONNECTION_BROKEN/);
    const reading = async (): Promise<void> => {
      for await (const line of adminClient({ config: [join(folder, "site.yaml")], json: true }).lines("/v1/records")) expect(line).toBe("unreachable");
    };
    await expect(reading()).rejects.toThrow(/^TL_CONNECTION_BROKEN/);
  });
});
