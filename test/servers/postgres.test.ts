import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { requirePostgres, startPostgres } from "./postgres.ts";

const installs = requirePostgres("the PostgreSQL harness");

describe.each(installs)("PostgreSQL $version from $from", (binaries) => {
  it("starts on loopback with SCRAM, answers, and leaves nothing behind", async () => {
    const server = await startPostgres(binaries);
    const [row] = await server.query("SELECT current_setting('password_encryption') AS method, current_setting('listen_addresses') AS address");
    expect(row).toEqual({ method: "scram-sha-256", address: "127.0.0.1" });
    await expect(server.connect({ user: "postgres", password: "wrong" })).rejects.toMatchObject({ code: "28P01" });
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
    expect(existsSync(`/proc/${server.pid}`)).toBe(false);
  });
});

if (installs.length === 0) it.skip("SKIPPED: no PostgreSQL server is installed", () => undefined);
