import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type PostgresServer, requirePostgres, startPostgres } from "../servers/postgres.ts";
import { type Running, stagingAgent, startRunning } from "./running.ts";

const [binaries] = requirePostgres("a leased database role is cut off in mid-session");

describe.skipIf(binaries === undefined)("a leased database role", () => {
  let server: PostgresServer;
  let running: Running;

  beforeAll(async () => {
    server = await startPostgres(binaries!);
    await server.query("CREATE ROLE staging_writers; CREATE TABLE carts (id int); GRANT SELECT, INSERT, DELETE ON carts TO staging_writers; INSERT INTO carts SELECT generate_series(1, 100)");
    running = await startRunning({
      env: { SYSTEM_PG_PASSWORD: server.password },
      config: () => ({
        agents: [stagingAgent("db-agent"), stagingAgent("idle-agent")],
        providers: { staging: { kind: "postgres", host: server.host, port: server.port, database: server.database, adminUser: server.superuser, adminPasswordEnv: "SYSTEM_PG_PASSWORD", groups: ["staging_writers"], tls: "off" } },
      }),
    });
  });
  afterAll(async () => {
    await running.close();
    await server.stop();
  });

  it("works until its agent drops a table, then its open session is cut, its login refused, and both are verified", async () => {
    const lease = await running.cli<{ secret: string; principal: string }>("lease", "db-agent", "staging");
    const client = await server.connect({ user: lease.principal, password: lease.secret });
    const ended = new Promise((resolve) => client.once("end", resolve));
    const sql = running.sdk("db-agent", "staging").wrapTool("sql", (args: { query: string }) => client.query(args.query));
    expect((await sql({ query: "SELECT count(*) FROM carts" })).rows).toEqual([{ count: "100" }]);
    await sql({ query: "TRUNCATE carts" }).catch(() => undefined);
    await ended;
    await vi.waitFor(async () => expect(await running.containment("db-agent")).toMatchObject({ status: "verified", items: [{ reason: "lease", outcome: { kind: "revoked" } }] }), 15_000);
    const again = new Client({ host: server.host, port: server.port, database: server.database, user: lease.principal, password: lease.secret });
    await expect(again.connect()).rejects.toMatchObject({ code: expect.stringMatching(/^28/) });
    expect(await server.query(`SELECT count(*)::int AS open FROM pg_stat_activity WHERE usename = '${lease.principal}'`)).toEqual([{ open: 0 }]);
    await expect(running.cli("lease", "db-agent", "staging")).rejects.toThrow(/TL_LEASE_REFUSED/);
  });

  it("of another agent is left alone", async () => {
    const lease = await running.cli<{ secret: string; principal: string }>("lease", "idle-agent", "staging");
    const client = await server.connect({ user: lease.principal, password: lease.secret });
    await sleep(200);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});
